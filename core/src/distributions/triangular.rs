//! Small triangular matrices, one for each row, in tensor operations.

use burn::prelude::*;

/// `L` with `L Lᵀ = A` of positive definite `A`, `[rows, n, n]`: a column at a time.
pub(super) fn cholesky(a: Tensor<3>) -> Tensor<3> {
    let [rows, n, _] = a.dims();
    let mut columns: Vec<Tensor<3>> = Vec::with_capacity(n);
    for j in 0..n {
        let below = |x: &Tensor<3>, from: usize| x.clone().narrow(1, from, n - from);
        let mut column = below(&a, j).narrow(2, j, 1);
        for past in &columns {
            column = column - below(past, j) * past.clone().narrow(1, j, 1);
        }
        let diagonal = column.clone().narrow(1, 0, 1).sqrt();
        let column = column / diagonal;
        let zeros = Tensor::zeros([rows, j, 1], (&column.device(), column.dtype()));
        columns.push(if j == 0 { column } else { Tensor::cat(vec![zeros, column], 1) });
    }
    Tensor::cat(columns, 2)
}

/// `L⁻¹ b` of lower triangular `L`, `[1 | rows, n, n]`, and `b`, `[rows, n, 1]`: a number at a time.
pub(super) fn solve_lower(l: &Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let n = l.dims()[1];
    let mut solved: Option<Tensor<3>> = None;
    for i in 0..n {
        let row = l.clone().narrow(1, i, 1);
        let rest = b.clone().narrow(1, i, 1);
        let rest = match &solved {
            Some(x) => rest - (row.clone().narrow(2, 0, i).swap_dims(1, 2) * x.clone()).sum_dim(1),
            None => rest,
        };
        let x = rest / row.narrow(2, i, 1);
        solved = Some(match solved {
            Some(before) => Tensor::cat(vec![before, x], 1),
            None => x,
        });
    }
    solved.expect("a matrix should have rows")
}

/// The diagonal, `[rows, n, 1]`.
pub(super) fn diagonal(a: &Tensor<3>) -> Tensor<3> {
    let n = a.dims()[1];
    let eye = Tensor::<2>::eye(n, &a.device()).cast(a.dtype()).unsqueeze::<3>();
    (a.clone() * eye).sum_dim(2)
}

/// `ln det A` of `A = L Lᵀ`, `[rows, 1]`.
pub(super) fn log_determinant(l: &Tensor<3>) -> Tensor<2> {
    diagonal(l).log().sum_dim(1).squeeze_dim::<2>(2) * 2.0
}
