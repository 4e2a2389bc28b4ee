//! What a database says of itself: the format of its tables, and which life of its log this is.

use std::collections::HashMap;

use contracts::ServiceName;
use uuid::Uuid;

use crate::{
    clock::{Clock, Ids, RandomIds},
    session::{Filter, Lock, Select, Session, StoreError},
    store::StoreAddress,
    system::{ABOUT, WATERMARK},
    value::{Field, Value},
};

/// The format of the tables that this program writes. A change that an older program would not survive counts it up.
pub const FORMAT: u32 = 1;

fn about(session: &mut dyn Session, name: &str) -> Result<Option<String>, StoreError> {
    let filter = Filter::In { column: "name", values: vec![name.into()] };
    let found = session.select(&Select { table: &ABOUT, filter, lock: Lock::None })?;
    let value = found.into_iter().next().map(|mut row| String::from_value(row.swap_remove(1)));
    Ok(value.transpose()?)
}

/// Refuses a database of a newer program, and notes the format in one that is new or older.
pub(crate) fn check_format(session: &mut dyn Session) -> Result<(), StoreError> {
    session.create(&[&ABOUT])?;
    let found = about(session, "format")?.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if found > FORMAT {
        return Err(StoreError::Newer { found, known: FORMAT });
    }
    if found < FORMAT {
        session.begin()?;
        session.upsert(&ABOUT, vec![vec!["format".into(), Value::Text(FORMAT.to_string())]])?;
        session.commit()?;
    }
    Ok(())
}

/// Gives every log a new epoch, and the cursors in these databases with it: they are of one moment, so each still stands where it
/// stood. Whoever read the logs from elsewhere finds another epoch and stops, instead of missing what comes.
///
/// Called on databases that nobody works on, outside of any asynchronous task.
///
/// # Errors
/// A store cannot be opened or written.
pub fn renew_epochs(stores: &[(ServiceName, StoreAddress)], clock: &dyn Clock) -> Result<(), StoreError> {
    let mut ids = RandomIds::new();
    let mut sessions = Vec::new();
    let mut epochs: HashMap<&str, (Uuid, Uuid)> = HashMap::new();
    for (service, store) in stores {
        let mut session = store.writer()?;
        let epoch = about(&mut *session, "epoch")?.and_then(|text| text.parse().ok());
        let epoch =
            epoch.ok_or_else(|| StoreError::Unavailable(format!("the log of {service} has no epoch")))?;
        epochs.insert(service.as_str(), (epoch, ids.next(clock.now())));
        sessions.push((service.as_str(), session));
    }
    for (service, mut session) in sessions {
        session.begin()?;
        if let Some((_, fresh)) = epochs.get(service) {
            session.upsert(&ABOUT, vec![vec!["epoch".into(), Value::Text(fresh.to_string())]])?;
        }
        let select = Select { table: &WATERMARK, filter: Filter::All, lock: Lock::Update };
        let mut rows = session.select(&select)?;
        rows.retain_mut(|row| {
            let Value::Text(source) = &row[1] else { return false };
            match epochs.get(source.as_str()) {
                // A cursor of yet another epoch was stopped before, and stays so.
                Some((epoch, fresh)) if row[4] == Value::Id(*epoch) => {
                    row[4] = Value::Id(*fresh);
                    true
                }
                _ => false,
            }
        });
        session.upsert(&WATERMARK, rows)?;
        session.commit()?;
        session.maintain(true);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contracts::ServiceName;
    use uuid::Uuid;

    use super::{about, check_format, renew_epochs};
    use crate::{
        Filter, Lock, Select, Session, SqliteSession, StoreAddress, StoreError, SystemClock, Value,
        system::{ABOUT, SYSTEM_TABLES, WATERMARK},
    };

    fn mark(source: &str, part: i64, epoch: u128) -> Vec<Value> {
        let [consumer, source, topic] = ["cart", source, source].map(Value::from);
        let (part, position) = (Value::Integer(part), Value::Integer(7));
        vec![consumer, source, topic, part, Value::Id(Uuid::from_u128(epoch)), position, "".into()]
    }

    #[test]
    fn cursors_get_their_logs_new_epoch_and_those_of_other_logs_keep_theirs() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let services = [ServiceName::Catalog, ServiceName::Cart];
        let mut stores = Vec::new();
        for (number, service) in services.into_iter().enumerate() {
            let path = directory.path().join(format!("{service}.db"));
            let mut session = SqliteSession::open(&path).expect("a database");
            session.create(&SYSTEM_TABLES).expect("tables");
            session.begin().expect("a transaction");
            let epoch = Uuid::from_u128(number as u128 + 1).to_string();
            session.upsert(&ABOUT, vec![vec!["epoch".into(), epoch.into()]]).expect("an epoch");
            session
                .upsert(
                    &WATERMARK,
                    vec![mark("catalog", 0, 1), mark("catalog", 1, 99), mark("payment", 0, 3)],
                )
                .expect("marks");
            session.commit().expect("committed");
            stores.push((service, StoreAddress::Sqlite(path)));
        }
        renew_epochs(&stores, &SystemClock).expect("they are renewed");
        let mut session = stores[0].1.writer().expect("a database");
        let fresh: Uuid =
            about(&mut *session, "epoch").expect("read").expect("there").parse().expect("a UUID");
        assert_ne!(fresh, Uuid::from_u128(1));
        let mut session = stores[1].1.writer().expect("a database");
        let select = Select { table: &WATERMARK, filter: Filter::All, lock: Lock::None };
        let epochs: Vec<Value> =
            session.select(&select).expect("marks").into_iter().map(|mut row| row.swap_remove(4)).collect();
        let expected = [fresh, Uuid::from_u128(99), Uuid::from_u128(3)].map(Value::Id);
        assert_eq!(epochs, expected);
    }

    #[test]
    fn a_newer_format_is_refused_and_none_is_an_old_one() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut session = SqliteSession::open(&directory.path().join("a.db")).expect("a database");
        check_format(&mut session).expect("a new database");
        check_format(&mut session).expect("of this format");
        session.begin().expect("a transaction");
        session.upsert(&ABOUT, vec![vec!["format".into(), "99".into()]]).expect("written");
        session.commit().expect("committed");
        assert!(matches!(check_format(&mut session), Err(StoreError::Newer { found: 99, .. })));
    }
}
