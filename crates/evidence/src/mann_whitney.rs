//! Is the new version slower than the current one, by durations that do not belong together?
//!
//! The test of Mann and Whitney, one-sided, with the shift by Hodges & Lehmann, for durations out of logs: every duration
//! of the new version against every one of the current version. Where both got the same events,
//! [`signed_rank`](crate::signed_rank()) sees far more.
//!
//! Equal durations share their mean rank. Where the two samples are small the p-value is exact, with ties, too: it goes
//! through all ways in which these very ranks could have fallen to the two. (With ties the normal distribution says too
//! little: .0203 instead of .0240 for eight and eight.)
//!
//! Source: Mann & Whitney (Annals of Mathematical Statistics, 1947); Hollander & Wolfe, "Nonparametric Statistical Methods",
//! sections 4.1, 4.2.

use crate::InputError;
use crate::durations::{Method, checked, normal_at_least};
use crate::ranks::{Ranks, median_of_sums, ranks};

/// Up to how many pairs of one duration of each version the p-value is exact: 40 by 40, or 10 by 160.
pub const MOST_EXACT_COMPARISONS: usize = 1_600;

/// Whether the new version is slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// In how many pairs of one duration of each version the new version is slower; equal ones count half.
    pub u: f64,
    /// How likely so many, or more, are when the new version is not slower.
    pub p: f64,
    /// How `p` was calculated.
    pub method: Method,
    /// By how much the new version is slower, in the unit of the durations: the median of all differences. Negative when
    /// it is faster.
    pub shift: f64,
    /// How likely it is that an invocation of the new version is slower than one of the current version: ½ when they are
    /// alike.
    pub slower: f64,
}

/// Whether `new` is slower than `current`, by durations in the same unit.
///
/// # Errors
/// [`InputError::NoDurations`] when one has none; [`InputError::Duration`] when one is negative or no number.
pub fn mann_whitney(new: &[f64], current: &[f64]) -> Result<MannWhitney, InputError> {
    if new.is_empty() || current.is_empty() {
        return Err(InputError::NoDurations);
    }
    let both = new.iter().chain(current).copied();
    let both: Vec<f64> = both.map(checked).collect::<Result<_, _>>()?;
    let ranks = ranks(&both, 0.0);
    let of_new: usize = ranks.doubled[..new.len()].iter().sum();
    let u = (of_new - new.len() * (new.len() + 1)) as f64 / 2.0;
    let comparisons = new.len() as f64 * current.len() as f64;
    let (method, p) = if comparisons <= MOST_EXACT_COMPARISONS as f64 {
        (Method::Exact, exactly(&ranks, new.len(), of_new))
    } else {
        (Method::Normal, normally(&ranks, new.len(), u))
    };
    let (mut new, mut current) = (
        new.to_vec(),
        current.iter().map(|it| -it).collect::<Vec<_>>(),
    );
    new.sort_unstable_by(f64::total_cmp);
    current.sort_unstable_by(f64::total_cmp);
    Ok(MannWhitney {
        u,
        p,
        method,
        shift: median_of_sums(&new, &current),
        slower: u / comparisons,
    })
}

/// The probability that `chosen` of the ranks, drawn at random, are `least` or more together.
fn exactly(ranks: &Ranks, chosen: usize, least: usize) -> f64 {
    let all: usize = ranks.doubled.iter().sum();
    let others = ranks.doubled.len() - chosen;
    // Whichever are fewer are drawn; the others have the rest of the sum.
    let p: f64 = if chosen <= others {
        let sums = sums_of(&ranks.doubled, chosen);
        sums.iter().skip(least).rev().sum()
    } else {
        let sums = sums_of(&ranks.doubled, others);
        sums.iter().take(all - least + 1).sum()
    };
    p.min(1.0)
}

/// Of each sum, how likely it is that `chosen` of the ranks, drawn at random, have it.
fn sums_of(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let mut descending = ranks.to_vec();
    descending.sort_unstable_by(|left, right| right.cmp(left));
    let most: usize = descending[..chosen].iter().sum();
    // Of each number of ranks that were drawn so far, how likely each sum is.
    let mut drawn = vec![vec![0.0; most + 1]; chosen + 1];
    drawn[0][0] = 1.0;
    for (gone, &rank) in descending.iter().enumerate() {
        let left = (descending.len() - gone) as f64;
        for count in (0..chosen.min(gone + 1)).rev() {
            let draws = (chosen - count) as f64 / left;
            let (fewer, more) = drawn.split_at_mut(count + 1);
            let (without, with) = (&mut fewer[count], &mut more[0]);
            for at in 0..=most - rank {
                let drawn = without[at] * draws;
                without[at] -= drawn;
                with[at + rank] += drawn;
            }
        }
    }
    drawn.swap_remove(chosen)
}

/// As [`exactly`], by the normal distribution.
fn normally(ranks: &Ranks, chosen: usize, u: f64) -> f64 {
    let all = ranks.doubled.len() as f64;
    let comparisons = chosen as f64 * (all - chosen as f64);
    let variance = comparisons / 12.0 * (all + 1.0 - ranks.ties / (all * (all - 1.0)));
    normal_at_least(u, comparisons / 2.0, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both ways say of the same samples.
    fn check(new: &[f64], current: &[f64], exact: f64, normal: f64) {
        let both = [new, current].concat();
        let ranks = ranks(&both, 0.0);
        let of_new: usize = ranks.doubled[..new.len()].iter().sum();
        let u = (of_new - new.len() * (new.len() + 1)) as f64 / 2.0;
        for (value, expected) in [
            (exactly(&ranks, new.len(), of_new), exact),
            (normally(&ranks, new.len(), u), normal),
        ] {
            let off = (value - expected).abs();
            assert!(off < 1e-11 * expected, "{value} is not {expected}");
        }
    }

    #[test]
    fn exactly_and_normally() {
        // Source: reference/statistics.md, sections 4 and 5; scipy's is two-sided.
        check(
            &[19.0, 22.0, 16.0, 29.0, 24.0],
            &[20.0, 11.0, 17.0, 12.0],
            0.111_111_111_111_111 / 2.0,
            0.111_346_886_533 / 2.0,
        );
        check(
            &[12.0, 12.0, 13.0, 15.0, 15.0, 15.0, 18.0, 20.0],
            &[10.0, 11.0, 12.0, 12.0, 12.0, 13.0, 13.0, 15.0],
            0.024_009_324_009_3,
            0.020_317_444_419_1,
        );
    }
}
