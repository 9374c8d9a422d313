//! The assignment problem, exactly: shortest augmenting paths with dual prices, `O(n³)`.
//!
//! ```text
//! row i has its column x(i) only where   c_{i x(i)} − v_{x(i)} = min_j (c_ij − v_j)
//! ```
//!
//! Jonker and Volgenant 1987, <https://doi.org/10.1007/BF02278710>. Whatever is assigned keeps to that line, so that where nothing is left
//! to assign the sum is the least.

/// For each row the column of the assignment with the least sum of `cost`, `[n, n]` by rows.
pub fn assign(cost: &[f64], n: usize) -> Vec<usize> {
    let mut solver = Solver { cost, n, price: vec![0.0; n], row_of: vec![None; n], column_of: vec![None; n] };
    solver.reduce_columns();
    for row in 0..n {
        if solver.column_of[row].is_none() {
            solver.augment(row);
        }
    }
    solver.column_of.into_iter().map(|column| column.expect("every row should have a column")).collect()
}

struct Solver<'a> {
    cost: &'a [f64],
    n: usize,
    /// `v`.
    price: Vec<f64>,
    row_of: Vec<Option<usize>>,
    column_of: Vec<Option<usize>>,
}

/// The ways to all columns from a row that has none.
struct Ways {
    /// The prices of columns that are yet to be visited; of others none, so that no way leads there again.
    price: Vec<f64>,
    /// How far they are; of visited ones no more.
    reach: Vec<f64>,
    /// The row from which.
    from: Vec<u64>,
    /// The visited, and how far they were.
    visited: Vec<(usize, f64)>,
}

impl Ways {
    fn new(cost: &[f64], price: &[f64], row: usize) -> Self {
        let reach = cost.iter().zip(price).map(|(cost, price)| cost - price).collect();
        let from = vec![row as u64; price.len()];
        Self { price: price.to_vec(), reach, from, visited: Vec::new() }
    }

    /// The nearest column, which is visited from now on, and how far it is.
    fn visit(&mut self) -> (usize, f64) {
        let least = least(&self.reach);
        assert!(least.is_finite(), "costs should be numbers");
        let column = self.reach.iter().position(|reach| *reach == least).expect("a column should be left");
        (self.price[column], self.reach[column]) = (f64::NEG_INFINITY, f64::INFINITY);
        self.visited.push((column, least));
        (column, least)
    }

    /// Looks whether columns are nearer by way of `row`, of which `cost` are the costs, less `spent`.
    fn pass(&mut self, row: usize, cost: &[f64], spent: f64) {
        let columns = self.reach.iter_mut().zip(&mut self.from).zip(cost.iter().zip(&self.price));
        for ((reach, from), (cost, price)) in columns {
            let way = cost - price - spent;
            let nearer = way < *reach;
            *from = if nearer { row as u64 } else { *from };
            *reach = if nearer { way } else { *reach };
        }
    }
}

/// The least number, in eight that are found beside one another.
fn least(numbers: &[f64]) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut least = [f64::INFINITY; 8];
    for chunk in chunks {
        for (least, x) in least.iter_mut().zip(chunk) {
            *least = if x < least { *x } else { *least };
        }
    }
    least.iter().chain(rest).fold(f64::INFINITY, |least, x| least.min(*x))
}

impl<'a> Solver<'a> {
    fn row(&self, row: usize) -> &'a [f64] {
        &self.cost[row * self.n..(row + 1) * self.n]
    }

    /// A column costs what its cheapest row asks, which takes it if it has none.
    fn reduce_columns(&mut self) {
        self.price.fill(f64::INFINITY);
        let mut cheapest = vec![0; self.n];
        for row in 0..self.n {
            for (column, cost) in self.row(row).iter().enumerate() {
                if *cost < self.price[column] {
                    (self.price[column], cheapest[column]) = (*cost, row);
                }
            }
        }
        for (column, row) in cheapest.into_iter().enumerate() {
            if self.column_of[row].is_none() {
                (self.column_of[row], self.row_of[column]) = (Some(column), Some(row));
            }
        }
    }

    /// Finds a column for `row`, moving other rows along the cheapest alternating path (Dijkstra's).
    fn augment(&mut self, row: usize) {
        let mut ways = Ways::new(self.row(row), &self.price, row);
        let (end, length) = loop {
            let (column, reach) = ways.visit();
            let Some(owner) = self.row_of[column] else { break (column, reach) };
            let cost = self.row(owner);
            ways.pass(owner, cost, cost[column] - self.price[column] - reach);
        };
        ways.visited.iter().for_each(|(column, reach)| self.price[*column] += reach - length);
        // Each row of the path takes the column for which it was left.
        let mut column = Some(end);
        while let Some(next) = column {
            let owner = ways.from[next] as usize;
            self.row_of[next] = Some(owner);
            column = self.column_of[owner].replace(next);
        }
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

    /// Of points on a line the best is to keep their order, whatever the size; many rows then want the same columns.
    #[test]
    fn points_on_a_line_keep_their_order() {
        for n in [1, 2, 50, 400] {
            let mut chance = Key::new(8, Purpose::Metric, 0).draw(n as u32).stream();
            let mut points = |scale: f64| (0..n).map(|_| scale * chance.uniform()).collect::<Vec<_>>();
            let (from, to) = (points(1.0), points(5.0));
            let cost: Vec<f64> = from.iter().flat_map(|x| to.iter().map(move |y| (x - y).powi(2))).collect();
            let ranks = |points: &[f64]| -> Vec<usize> {
                points.iter().map(|x| points.iter().filter(|y| *y < x).count()).collect()
            };
            let (of_rows, of_columns) = (ranks(&from), ranks(&to));
            for (row, column) in assign(&cost, n).into_iter().enumerate() {
                assert_eq!(of_rows[row], of_columns[column], "row {row} of {n}");
            }
        }
    }
}
