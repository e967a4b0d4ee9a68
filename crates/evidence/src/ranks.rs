//! Ranks, and medians of all sums of two.

/// The ranks of values, 1 for the smallest. Equal ones share the mean of theirs.
#[derive(Debug)]
pub(crate) struct Ranks {
    /// Twice the rank of each value, in their order; so all are whole.
    pub(crate) doubled: Vec<usize>,
    /// Σ (t³ − t) over the groups of t equal values.
    pub(crate) ties: f64,
}

/// The ranks of `values`, of which none is NaN. Those that are no further apart than `tolerance` are equal.
pub(crate) fn ranks(values: &[f64], tolerance: f64) -> Ranks {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&left, &right| values[left].total_cmp(&values[right]));
    let mut ranks = Ranks {
        doubled: vec![0; values.len()],
        ties: 0.0,
    };
    let mut before = 0;
    for group in order.chunk_by(|&left, &right| values[right] - values[left] <= tolerance) {
        for &place in group {
            ranks.doubled[place] = 2 * before + group.len() + 1;
        }
        let size = group.len() as f64;
        ranks.ties += size * (size * size - 1.0);
        before += group.len();
    }
    ranks
}

/// The median of all sums of one of `left` and one of `right`, both ascending and none empty.
pub(crate) fn median_of_sums(left: &[f64], right: &[f64]) -> f64 {
    let count = left.len() as u64 * right.len() as u64;
    median(count, |limit| sums_at_most(left, right, limit))
}

/// The median of the means of all pairs of `values`, each also with itself; ascending and not empty.
pub(crate) fn median_of_means(values: &[f64]) -> f64 {
    let halves: Vec<f64> = values.iter().map(|value| value / 2.0).collect();
    let count = values.len() as u64;
    median(count * (count + 1) / 2, |limit| {
        // All pairs but those with themselves come in both orders.
        let with_themselves = halves.partition_point(|half| half + half <= limit) as u64;
        (sums_at_most(&halves, &halves, limit) + with_themselves) / 2
    })
}

/// How many of the sums are not above `limit`.
fn sums_at_most(left: &[f64], right: &[f64], limit: f64) -> u64 {
    let mut fitting = right.len();
    let mut sums = 0;
    for value in left {
        while fitting > 0 && value + right[fitting - 1] > limit {
            fitting -= 1;
        }
        sums += fitting as u64;
    }
    sums
}

/// The median of `count` numbers that are never listed, because they are too many: `at_most` tells how many are not
/// above a limit.
fn median(count: u64, at_most: impl Fn(f64) -> u64) -> f64 {
    let nth = |n: u64| {
        let (mut low, mut high) = (ordinal(f64::MIN), ordinal(f64::MAX));
        while low < high {
            let middle = low + (high - low) / 2;
            if at_most(number(middle)) >= n {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        number(low)
    };
    f64::midpoint(nth(count.div_ceil(2)), nth(count / 2 + 1))
}

/// The place of a number among all that an `f64` can be.
fn ordinal(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// The number at a place.
fn number(ordinal: u64) -> f64 {
    f64::from_bits(if ordinal >> 63 == 1 {
        ordinal & !(1 << 63)
    } else {
        !ordinal
    })
}
