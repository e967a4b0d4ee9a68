//! Probabilities the long way, to hold the tests against.

/// In how many ways each number of `n` things can be chosen.
pub(crate) fn choices(n: u32) -> Vec<f64> {
    let mut row = vec![1.0];
    for k in 0..n {
        row.push(row[k as usize] * f64::from(n - k) / f64::from(k + 1));
    }
    row
}

/// How likely each number of errors among `n` invocations is, at an error rate.
pub(crate) fn errors(n: u32, rate: f64) -> Vec<f64> {
    let others = (0..=n).rev();
    let ways = choices(n).into_iter().zip(0_u32..).zip(others);
    ways.map(|((ways, errors), others)| {
        ways * rate.powf(errors.into()) * (1.0 - rate).powf(others.into())
    })
    .collect()
}

/// Asserts that of `outcomes` (probability, p-value), all there are when nothing is wrong, those with a p-value of α or
/// less have together a probability of at most α, whatever α.
#[track_caller]
pub(crate) fn assert_valid(mut outcomes: Vec<(f64, f64)>) {
    outcomes.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut below = 0.0;
    for (probability, p) in outcomes {
        assert!((0.0..=1.0).contains(&p), "a p-value of {p}");
        below += probability;
        assert!(
            below <= p + 1e-12 || below <= p * (1.0 + 1e-9),
            "{below} have a p-value of at most {p}"
        );
    }
    assert!(
        (below - 1.0).abs() < 1e-9,
        "the outcomes are {below} together"
    );
}
