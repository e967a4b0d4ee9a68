//! Probabilities of counts, to the last digits also of a billion.
//!
//! A difference of log-gammas loses as many digits as the logarithms have before the point: six at a billion. So does
//! the incomplete beta function of `statrs`, which is made of them and ends after 140 steps. What is here has no such
//! differences: Loader, "Fast and Accurate Computation of Binomial Probabilities" (2000), as R's `dbinom` has it.

use statrs::function::factorial::ln_factorial;

/// The number of errors among `n` invocations of which each is one with probability `p`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binomial {
    n: f64,
    p: f64,
    /// 1 − p, which is not calculated of `p`, because that loses digits where `p` is near 1.
    q: f64,
}

impl Binomial {
    /// `p` and `q` are 0 to 1, and 1 together.
    pub(crate) fn new(n: u64, p: f64, q: f64) -> Self {
        Self { n: n as f64, p, q }
    }

    /// The logarithm of the probability of exactly `k`; at most `n`.
    pub(crate) fn ln_exactly(&self, k: u64) -> f64 {
        let (k, rest) = (k as f64, self.n - k as f64);
        let mut sum = 0.0;
        if k > 0.0 && rest > 0.0 {
            sum += stirling_error(self.n) - stirling_error(k) - stirling_error(rest);
            sum -= 0.5 * (std::f64::consts::TAU * k * (rest / self.n)).ln();
            sum -= deviance(k, self.n * self.p) + deviance(rest, self.n * self.q);
        } else if k > 0.0 {
            sum = k * ln_of(self.p, self.q);
        } else if rest > 0.0 {
            sum = rest * ln_of(self.q, self.p);
        }
        sum
    }

    /// The probability of exactly `k`; at most `n`.
    pub(crate) fn exactly(&self, k: u64) -> f64 {
        self.ln_exactly(k).exp()
    }

    /// The probability of `k` or more.
    pub(crate) fn at_least(&self, k: u64) -> f64 {
        match k as f64 {
            0.0 => 1.0,
            more if more > self.n => 0.0,
            above if above > self.n * self.p => self.from(k),
            _ => 1.0 - self.down_from(k - 1),
        }
    }

    /// The probability of `k` or fewer.
    pub(crate) fn at_most(&self, k: u64) -> f64 {
        match k as f64 {
            all if all >= self.n => 1.0,
            below if below < self.n * self.p => self.down_from(k),
            _ => 1.0 - self.from(k + 1),
        }
    }

    fn from(&self, k: u64) -> f64 {
        let odds = self.p / self.q;
        falling(self.exactly(k), |step| {
            let k = k as f64 + step;
            (self.n - k) / (k + 1.0) * odds
        })
    }

    fn down_from(&self, k: u64) -> f64 {
        let odds = self.q / self.p;
        falling(self.exactly(k), |step| {
            let k = k as f64 - step;
            k / (self.n - k + 1.0) * odds
        })
    }
}

/// The sum of a tail: `first`, and each further term by its ratio to the one before. The ratios fall, and become less
/// than 1. It ends where what is still to come is less than the last digit.
pub(crate) fn falling(first: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut term, mut sum, mut step) = (first, first, 0.0);
    loop {
        let ratio = ratio(step);
        term *= ratio;
        sum += term;
        step += 1.0;
        // What is still to come is at most term · ratio / (1 − ratio), because the ratios fall. The comparison is
        // written so that what is no number ends it, too.
        let goes_on = ratio >= 1.0 || term * ratio > sum * f64::EPSILON / 4.0 * (1.0 - ratio);
        if !goes_on {
            return sum;
        }
    }
}

/// ln p, of the smaller of the two, of which more digits are known.
fn ln_of(p: f64, q: f64) -> f64 {
    if p > 0.5 { (-q).ln_1p() } else { p.ln() }
}

/// ln n! less Stirling's approximation of it, for `n` above 0.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number from 1 to 15"
        )]
        let factorial = ln_factorial(n as u64);
        return factorial - (n + 0.5) * n.ln() + n - 0.5 * std::f64::consts::TAU.ln();
    }
    let n2 = n * n;
    let terms = [1.0 / 1188.0, 1.0 / 1680.0, 1.0 / 1260.0, 1.0 / 360.0];
    let series = terms.iter().fold(0.0, |sum, term| (term - sum) / n2);
    (1.0 / 12.0 - series) / n
}

/// x·ln(x/mean) + mean − x, without the difference where the two are close.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }
    let v = difference / (x + mean);
    let mut sum = difference * v;
    let mut power = 2.0 * x * v;
    let mut odd = 3.0;
    loop {
        power *= v * v;
        let next = sum + power / odd;
        if next == sum {
            return sum;
        }
        sum = next;
        odd += 2.0;
    }
}
