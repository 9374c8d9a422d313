//! The assignment problem, exactly: shortest augmenting paths with dual prices, `O(n³)`.
//!
//! Jonker and Volgenant 1987, <https://doi.org/10.1007/BF02278710>, after Kuhn 1955.

/// For each row the column of the assignment with the least sum of `cost`, `[n, n]` by rows.
pub fn assign(cost: &[f64], n: usize) -> Vec<usize> {
    let mut solver = Solver::new(cost, n);
    (1..=n).for_each(|row| solver.augment(row));
    let mut columns = vec![0; n];
    for column in 1..=n {
        columns[solver.row_of[column] - 1] = column - 1;
    }
    columns
}

/// Rows and columns count from 1; column 0 stands for "none yet".
struct Solver<'a> {
    cost: &'a [f64],
    n: usize,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    row_of: Vec<usize>,
}

impl<'a> Solver<'a> {
    fn new(cost: &'a [f64], n: usize) -> Self {
        let zeros = vec![0.0; n + 1];
        Self { cost, n, row_price: zeros.clone(), column_price: zeros, row_of: vec![0; n + 1] }
    }

    /// Finds a column for `row`, moving earlier rows along the cheapest alternating path.
    fn augment(&mut self, row: usize) {
        self.row_of[0] = row;
        let mut least = vec![f64::INFINITY; self.n + 1];
        let mut way = vec![0; self.n + 1];
        let mut visited = vec![false; self.n + 1];
        let mut at = 0;
        while self.row_of[at] != 0 {
            visited[at] = true;
            at = self.nearest(at, &visited, &mut least, &mut way);
        }
        while at != 0 {
            let before = way[at];
            self.row_of[at] = self.row_of[before];
            at = before;
        }
    }

    /// One step of Dijkstra's over columns with reduced costs; prices move so that these stay at least zero.
    fn nearest(&mut self, at: usize, visited: &[bool], least: &mut [f64], way: &mut [usize]) -> usize {
        let row = self.row_of[at];
        let (mut best, mut next) = (f64::INFINITY, 0);
        for column in (1..=self.n).filter(|column| !visited[*column]) {
            let cost = self.cost[(row - 1) * self.n + column - 1];
            let reduced = cost - self.row_price[row] - self.column_price[column];
            if reduced < least[column] {
                (least[column], way[column]) = (reduced, at);
            }
            if least[column] < best {
                (best, next) = (least[column], column);
            }
        }
        for column in 0..=self.n {
            if visited[column] {
                self.row_price[self.row_of[column]] += best;
                self.column_price[column] -= best;
            } else {
                least[column] -= best;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    fn sum(cost: &[f64], columns: &[usize]) -> f64 {
        let n = columns.len();
        columns.iter().enumerate().map(|(row, column)| cost[row * n + column]).sum()
    }

    /// The least over all permutations.
    fn brute(cost: &[f64], n: usize, chosen: &mut Vec<usize>) -> f64 {
        if chosen.len() == n {
            return sum(cost, chosen);
        }
        let mut best = f64::INFINITY;
        for column in 0..n {
            if !chosen.contains(&column) {
                chosen.push(column);
                best = best.min(brute(cost, n, chosen));
                chosen.pop();
            }
        }
        best
    }

    #[test]
    fn the_assignment_is_the_best_of_all_permutations() {
        for n in 1..=7 {
            for trial in 0..20 {
                let mut chance = Key::new(7, Purpose::Metric, trial).draw(n as u32).stream();
                // Small integers make ties, which must not confuse it.
                let cost: Vec<f64> = (0..n * n).map(|_| (chance.uniform() * 9.0).floor()).collect();
                let columns = assign(&cost, n);
                let mut sorted = columns.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                assert_eq!(sum(&cost, &columns), brute(&cost, n, &mut Vec::new()), "{n}, trial {trial}");
            }
        }
    }
}
