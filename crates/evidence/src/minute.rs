//! What one minute of a shift says, and how it is read where some of it is missing.

/// The least part of a minute that is not left out.
pub(crate) const LEAST_PART: f64 = 0.5;

/// The errors of one minute of a shift, and the new version's share of its invocations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    new_errors: u64,
    errors: u64,
    new_share: f64,
}

/// One minute of a version or an alias, as far as CloudWatch has it. A member is `None` where there is no data point:
/// because there were no invocations, or because it has not arrived yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `Invocations`, `Sum`.
    pub invocations: Option<u64>,
    /// `Errors`, `Sum`.
    pub errors: Option<u64>,
    /// `Errors`, `SampleCount`: of how many invocations `errors` tells. Lambda reports a 0 or a 1 for each.
    pub error_samples: Option<u64>,
}

/// One minute of a shift, as far as CloudWatch has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Both versions through the alias: dimensions `FunctionName` and `Resource`.
    pub alias: Counts,
    /// The new version: the same and `ExecutedVersion`.
    pub new: Counts,
    /// The current version.
    pub current: Counts,
}

impl Minute {
    /// A minute of which everything is known. Counts that contradict each other are raised: errors to at least the new
    /// version's, invocations to at least the errors.
    pub fn new(new_errors: u64, errors: u64, new_invocations: u64, invocations: u64) -> Self {
        let errors = errors.max(new_errors);
        let new_invocations = new_invocations.max(new_errors);
        let invocations = invocations.max(new_invocations).max(errors);
        Self::with_share(new_errors, errors, share(new_invocations, invocations))
    }

    /// A minute in which the new version had a share of `new_share` of the invocations, 0 to 1; what is outside of that,
    /// or no number, counts as 1, which convicts nobody.
    pub fn with_share(new_errors: u64, errors: u64, new_share: f64) -> Self {
        Self {
            new_errors,
            errors: errors.max(new_errors),
            new_share: if (0.0..=1.0).contains(&new_share) {
                new_share
            } else {
                1.0
            },
        }
    }

    /// Reads what CloudWatch has of a minute, and takes what it does not have in the new version's favour: invocations
    /// that are not known to be the current version's count as the new one's, and invocations whose outcome is not
    /// known as errors of the current version.
    ///
    /// So what is missing never adds evidence, in whatever order data points arrive: for every rate ratio the minute
    /// counts at most as much as it will when everything has arrived, or for every one at most as much as if it had not
    /// happened. With everything there it is [`Minute::new`] of the same counts.
    ///
    /// A data point that is there is taken for what it will stay. CloudWatch may still add to it; of that, the samples
    /// of `Errors` are compared with the invocations, and what they do not tell of counts as above.
    pub fn seen(seen: &Seen) -> Self {
        let Seen {
            alias,
            new,
            current,
        } = seen;
        let new_errors = new.errors.unwrap_or(0);
        let of_current = current.counted().unwrap_or(0);
        let of_both = of_current.saturating_add(new.counted().unwrap_or(0).max(new_errors));
        let invocations = alias.counted().unwrap_or(0).max(of_both);
        // How many invocations the new version had is only known from its own row, or from the alias' and the current
        // version's. An error of it without either may be one of any number, and could not be told from the other's.
        let new_is_counted = new.counted().or(alias.counted()).is_some();
        let new_share = if new_is_counted || of_current == 0 {
            share(invocations - of_current, invocations)
        } else {
            1.0
        };
        // Each of the two rows says how many errors there are at most.
        let at_most = alias
            .errors_at_most(invocations)
            .min(new_errors.saturating_add(current.errors_at_most(of_current)));
        let at_least = new_errors.saturating_add(current.errors.unwrap_or(0));
        let errors = at_most.max(at_least).max(alias.errors.unwrap_or(0));
        Self::with_share(new_errors, errors, new_share)
    }

    /// The same minute, when the new version could only be invoked in its last part: `part` of it, above 0 and at most 1.
    ///
    /// The calls before belong to the current version, and make the new one's share look smaller than it was when the
    /// errors came: an outage that begins with the shift would be blamed on it. So the share counts as that of the part
    /// alone, if calls come evenly. Where the part is less than half of the minute, or is not known, the minute is left
    /// out: the errors before the shift, which are the current version's, would say more than the shift does.
    #[must_use]
    pub fn in_part(self, part: f64) -> Self {
        if part >= LEAST_PART {
            let new_share = (self.new_share / part.min(1.0)).min(1.0);
            Self { new_share, ..self }
        } else {
            Self::with_share(0, 0, self.new_share)
        }
    }

    /// Errors of the new version.
    pub fn new_errors(&self) -> u64 {
        self.new_errors
    }

    /// Errors of both versions; never fewer than the new version's.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// The new version's share of the invocations, 0 to 1.
    pub fn new_share(&self) -> f64 {
        self.new_share
    }
}

impl Counts {
    /// The invocations, as far as one of the data points counts them.
    fn counted(&self) -> Option<u64> {
        self.invocations.max(self.error_samples)
    }

    /// The errors among `invocations`, when all whose outcome is not known were errors.
    fn errors_at_most(&self, invocations: u64) -> u64 {
        let Some(errors) = self.errors else {
            return invocations;
        };
        let told = self.error_samples.unwrap_or(0).max(errors);
        errors.saturating_add(invocations.saturating_sub(told))
    }
}

/// No invocations are no share.
fn share(part: u64, of: u64) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 / of as f64
    }
}
