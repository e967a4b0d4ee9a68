//! How many invocations run at once, and which ones are throttled therefore.
//!
//! Source: Lambda developer guide, "Understanding Lambda function scaling" and "Configuring reserved concurrency".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Lambda;
use crate::ServiceError;

/// The part of the account's concurrency that no function can reserve: below it nothing needs to be added up (developer
/// guide, "Configuring reserved concurrency").
const NEVER_RESERVED: u32 = 100;

/// The invocations that run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Concurrency {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    total: u32,
    /// By function name; those of which none runs are absent.
    by_function: BTreeMap<String, u32>,
}

/// One invocation that runs, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Slot {
    concurrency: Concurrency,
    function: String,
}

impl Concurrency {
    /// Begins an invocation of the function.
    ///
    /// # Errors
    /// `TooManyRequestsException`, where as many run as may.
    pub(crate) fn begin(&self, function: &str, lambda: &Lambda) -> Result<Slot, ServiceError> {
        let mut running = self.running();
        let throttled = match lambda.reserved_concurrency(function) {
            Some(reserved) => {
                let own = running.by_function.get(function).copied();
                (own.unwrap_or_default() >= reserved)
                    .then_some("ReservedFunctionConcurrentInvocationLimitExceeded")
            }
            None => (running.total >= NEVER_RESERVED
                && running.unreserved(lambda) >= lambda.unreserved_concurrency())
            .then_some("ConcurrentInvocationLimitExceeded"),
        };
        if let Some(reason) = throttled {
            return Err(ServiceError::throttled(reason));
        }
        running.total += 1;
        *running.by_function.entry(function.to_owned()).or_default() += 1;
        drop(running);
        Ok(Slot {
            concurrency: self.clone(),
            function: function.to_owned(),
        })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// How many run of functions that have reserved nothing.
    fn unreserved(&self, lambda: &Lambda) -> u32 {
        self.by_function
            .iter()
            .filter(|(function, _)| lambda.reserved_concurrency(function).is_none())
            .map(|(_, running)| running)
            .sum()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut running = self.concurrency.running();
        running.total = running.total.saturating_sub(1);
        if let Some(own) = running.by_function.get_mut(&self.function) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                running.by_function.remove(&self.function);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Account, Function};
    use super::*;

    /// What is said to the first that is throttled after `running` have begun.
    fn refused(concurrency: &Concurrency, lambda: &Lambda, function: &str) -> Option<&'static str> {
        let begun = concurrency.begin(function, lambda);
        begun.err().and_then(|error| error.reason)
    }

    #[test]
    fn functions_run_as_often_at_once_as_they_may() {
        let account = Some("ConcurrentInvocationLimitExceeded");
        let reserved = Some("ReservedFunctionConcurrentInvocationLimitExceeded");
        // Reservations, what runs, what is asked for, and why it is throttled.
        type Row<'a> = (
            &'a [(&'a str, u32)],
            &'a [(&'a str, u32)],
            &'a str,
            Option<&'a str>,
        );
        let rows: [Row<'_>; 9] = [
            (&[], &[("f", 999)], "f", None),
            (&[], &[("f", 1000)], "f", account),
            (&[], &[("f", 600), ("g", 400)], "h", account),
            (&[("f", 0)], &[], "f", reserved),
            (&[("f", 2)], &[("f", 1)], "f", None),
            (&[("f", 2)], &[("f", 2)], "f", reserved),
            (&[("f", 2)], &[("f", 2)], "g", None),
            (&[("f", 900)], &[("g", 100)], "g", account),
            (&[("f", 900)], &[("g", 100)], "f", None),
        ];
        for (reservations, runs, asked, expected) in rows {
            let mut lambda = Lambda::new(Account::default());
            for (function, many) in reservations {
                let function_record = Function {
                    reserved_concurrent_executions: Some(*many),
                    ..Function::default()
                };
                lambda
                    .functions
                    .insert((*function).to_owned(), function_record);
            }
            let concurrency = Concurrency::default();
            let mut slots = Vec::new();
            for (function, many) in runs {
                for _ in 0..*many {
                    slots.push(concurrency.begin(function, &lambda).unwrap());
                }
            }
            let why = refused(&concurrency, &lambda, asked);
            assert_eq!(why, expected, "{reservations:?} {runs:?} {asked}");
            // Each that ends makes room for another.
            if expected.is_some() && slots.pop().is_some() {
                assert_eq!(refused(&concurrency, &lambda, asked), None);
            }
            drop(slots);
            let running = concurrency.running();
            assert_eq!((running.total, running.by_function.len()), (0, 0));
        }
    }
}
