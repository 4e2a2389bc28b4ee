//! The place after which a page begins, as text that says nothing to whoever carries it. It holds for one list: the same
//! order, the same filters.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use host::Problem;
use uuid::Uuid;

use crate::{
    domain::is_name_order,
    store::{After, ListQuery, SortKey},
};

/// Tells this list from others: FNV-1a of what it asks for.
fn list(query: &ListQuery) -> [u8; 8] {
    let text = format!("{query:?}");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.to_be_bytes()
}

/// The cursor of a place.
pub(super) fn write(query: &ListQuery, after: &After) -> String {
    let mut bytes = list(query).to_vec();
    bytes.extend_from_slice(after.product_id.0.as_bytes());
    match &after.key {
        SortKey::Age => {}
        SortKey::Price(amount) => bytes.extend_from_slice(&amount.to_be_bytes()),
        SortKey::Name(name_order) => bytes.extend_from_slice(name_order.as_bytes()),
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place of a cursor.
///
/// # Errors
/// 422 `invalid_cursor` for what no page of this list has named.
pub(super) fn read(query: &ListQuery, cursor: &str) -> Result<After, Problem> {
    let invalid = || {
        let detail = "The cursor is not one that a page of this list has named.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail)
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
    let (of_list, rest) = bytes.split_first_chunk::<8>().ok_or_else(invalid)?;
    let (id, key) = rest.split_first_chunk::<16>().ok_or_else(invalid)?;
    if *of_list != list(query) {
        return Err(invalid());
    }
    let product_id = Uuid::from_bytes(*id).into();
    let key = match query.sort.key_kind() {
        SortKey::Age if key.is_empty() => SortKey::Age,
        SortKey::Price(_) => SortKey::Price(i64::from_be_bytes(key.try_into().map_err(|_| invalid())?)),
        SortKey::Name(_) => {
            let text =
                std::str::from_utf8(key).ok().filter(|text| is_name_order(text)).ok_or_else(invalid)?;
            SortKey::Name(text.to_owned())
        }
        SortKey::Age => return Err(invalid()),
    };
    Ok(After { key, product_id })
}

#[cfg(test)]
mod tests {
    use contracts::ProductId;
    use uuid::Uuid;

    use super::{read, write};
    use crate::store::{After, ListQuery, Sort, SortKey};

    #[test]
    fn a_cursor_is_read_by_the_list_that_wrote_it_alone() {
        let lists: Vec<ListQuery> = Sort::ALL
            .into_iter()
            .map(|(sort, _)| ListQuery { sort, ..ListQuery::default() })
            .chain([ListQuery { min_price: Some(1), ..ListQuery::default() }])
            .collect();
        for query in &lists {
            let key = match query.sort.key_kind() {
                SortKey::Age => SortKey::Age,
                SortKey::Price(_) => SortKey::Price(-7),
                SortKey::Name(_) => SortKey::Name("0a".repeat(40)),
            };
            let after = After { key, product_id: ProductId(Uuid::from_u128(7)) };
            let cursor = write(query, &after);
            assert!(cursor.len() <= 200, "{cursor}");
            for other in &lists {
                assert_eq!(read(other, &cursor).ok(), (other == query).then(|| after.clone()));
            }
        }
    }

    #[test]
    fn what_no_page_named_is_refused() {
        let by_name = ListQuery { sort: Sort::Name, ..ListQuery::default() };
        let odd = After { key: SortKey::Name("a\0b".to_owned()), product_id: ProductId(Uuid::nil()) };
        for cursor in ["here", "", "AAAA", "ä", &write(&by_name, &odd)] {
            assert_eq!(read(&by_name, cursor).expect_err("refused").code, "invalid_cursor");
        }
    }
}
