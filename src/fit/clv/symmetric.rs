//! Eigenvalues of a small symmetric matrix by Jacobi's rotations (Golub & Van Loan, *Matrix Computations*, §8.5).

/// Ascending order is not promised: `values[k]` belongs to the column `vectors[..][k]`.
pub(super) struct Eigen<const N: usize> {
    pub(super) values: [f64; N],
    pub(super) vectors: [[f64; N]; N],
}

/// Every eigenvalue and an orthonormal eigenvector for each. Sweeps stop when the off-diagonal is gone to rounding.
pub(super) fn eigen<const N: usize>(matrix: &[[f64; N]; N]) -> Eigen<N> {
    let mut a = *matrix;
    let mut v = [[0.0; N]; N];
    for (i, row) in v.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                let off = a[p][q];
                if off.abs() <= 1e-17 * (a[p][p] * a[q][q]).abs().sqrt() || off == 0.0 {
                    continue;
                }
                rotated = true;
                let tau = (a[q][q] - a[p][p]) / (2.0 * off);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = t * c;
                for k in 0..N {
                    let (x, y) = (a[k][p], a[k][q]);
                    a[k][p] = c * x - s * y;
                    a[k][q] = s * x + c * y;
                }
                for k in 0..N {
                    let (x, y) = (a[p][k], a[q][k]);
                    a[p][k] = c * x - s * y;
                    a[q][k] = s * x + c * y;
                }
                a[p][q] = 0.0;
                a[q][p] = 0.0;
                for row in &mut v {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut values = [0.0; N];
    for (i, value) in values.iter_mut().enumerate() {
        *value = a[i][i];
    }
    Eigen { values, vectors: v }
}
