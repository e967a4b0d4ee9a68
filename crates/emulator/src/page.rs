//! Pages of lists, and the tokens that lead from one page to the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// At most `limit` of the items after the key `after`, and the token of the next page where there is one.
///
/// `items` come in the ascending order of their keys. A token holds the last key of its page, so that nothing is
/// skipped or shown twice when items come and go between two pages.
pub(crate) fn page<K: AsRef<str>, V>(
    items: impl Iterator<Item = (K, V)>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<V>, Option<String>) {
    let mut rest = items.skip_while(|(key, _)| after.is_some_and(|after| key.as_ref() <= after));
    let mut page = Vec::new();
    let mut last = None;
    for (key, item) in rest.by_ref().take(limit) {
        page.push(item);
        last = Some(key);
    }
    let token = last
        .filter(|_| rest.next().is_some())
        .map(|key| URL_SAFE_NO_PAD.encode(key.as_ref()));
    (page, token)
}

/// The key after which the page of a token begins; `None` where the token is none.
pub(crate) fn position(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let of = |keys: &'static [&'static str], after: Option<&str>, limit| {
            page(keys.iter().map(|key| (key, *key)), after, limit)
        };
        for (after, limit, expected, next) in [
            (None, 2, vec!["a", "b"], Some("b")),
            (Some("b"), 2, vec!["c", "d"], None),
            (Some("bb"), 1, vec!["c"], Some("c")),
            (Some("d"), 1, vec![], None),
            (None, 9, vec!["a", "b", "c", "d"], None),
        ] {
            let (items, token) = of(&["a", "b", "c", "d"], after, limit);
            let token = token.map(|token| position(&token).unwrap());
            assert_eq!(
                (items, token.as_deref()),
                (expected, next),
                "after {after:?}"
            );
        }
        assert_eq!(position("?"), None);
    }
}
