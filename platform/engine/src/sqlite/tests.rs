//! What is SQLite's alone: which columns and indexes a write touches, and how SQLite is built.

use uuid::Uuid;

use super::SqliteSession;
use crate::{
    Column, ColumnKind, ColumnSet, Filter, Index, IndexKind, Layout, Lock, Select, Session, StoreError,
    Table, Update, Value,
};

static PARCELS: Table = Table {
    name: "parcels",
    columns: &[
        Column::new("id", ColumnKind::Id),
        Column::new("carrier", ColumnKind::Text),
        Column::nullable("waiting_since", ColumnKind::Integer),
        Column::new("event_count", ColumnKind::Integer),
    ],
    key_columns: 1,
    indexes: &[Index { columns: &["waiting_since", "id"], kind: IndexKind::Sparse }],
    layout: Layout::ByKey,
};

fn parcel(carrier: &str, waiting_since: Option<i64>, event_count: i64) -> Vec<Value> {
    let waiting_since = waiting_since.map_or(Value::Null, Value::Integer);
    vec![Uuid::from_u128(7).into(), carrier.into(), waiting_since, Value::Integer(event_count)]
}

fn session(directory: &tempfile::TempDir) -> SqliteSession {
    let mut session = SqliteSession::open(&directory.path().join("a.db")).expect("a database");
    session.create(&[&PARCELS]).expect("created");
    session
}

#[test]
fn an_update_writes_the_columns_that_change_and_no_others() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut session = session(&directory);
    session.insert(&PARCELS, vec![parcel("DHL", Some(1), 1)]).expect("inserted");
    let update = Update { row: parcel("UPS", Some(2), 2), changed: ColumnSet::of(&[1, 3]) };
    session.update(&PARCELS, vec![update]).expect("updated");
    let all = Select { table: &PARCELS, filter: Filter::All, lock: Lock::None };
    assert_eq!(session.select(&all).expect("rows"), [parcel("UPS", Some(1), 2)]);
}

#[test]
fn an_update_of_a_row_that_is_not_there_is_an_error() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut session = session(&directory);
    let update = Update { row: parcel("UPS", None, 2), changed: ColumnSet::of(&[1]) };
    let updated = session.update(&PARCELS, vec![update]);
    assert!(matches!(updated, Err(StoreError::Constraint(_))), "{updated:?}");
}

#[test]
fn a_sparse_index_finds_rows_that_have_something_in_its_first_column() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut session = session(&directory);
    session.insert(&PARCELS, vec![parcel("DHL", None, 1)]).expect("inserted");
    let waiting = |session: &mut SqliteSession| {
        let equal = vec![("waiting_since", Value::Integer(5))];
        let filter = Filter::After { equal, column: "id", after: None, limit: 10 };
        session.select(&Select { table: &PARCELS, filter, lock: Lock::None }).expect("rows").len()
    };
    assert_eq!(waiting(&mut session), 0);
    let update = Update { row: parcel("DHL", Some(5), 1), changed: ColumnSet::of(&[2]) };
    session.update(&PARCELS, vec![update]).expect("updated");
    assert_eq!(waiting(&mut session), 1);
    let plan = "EXPLAIN QUERY PLAN SELECT id FROM parcels WHERE waiting_since = 5 AND id > x'00' ORDER BY id";
    let plan: String = session.connection.query_row(plan, [], |row| row.get(3)).expect("a plan");
    assert!(plan.contains("parcels_by_waiting_since_id"), "{plan}");
}

#[test]
fn sqlite_is_built_without_what_all_its_connections_would_share() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let session = session(&directory);
    let used = |option: &str| -> bool {
        let answer =
            session.connection.query_row("SELECT sqlite_compileoption_used(?1)", [option], |row| row.get(0));
        answer.expect("an answer")
    };
    assert!(!used("ENABLE_MEMORY_MANAGEMENT"));
    assert!(used("DEFAULT_MEMSTATUS=0"));
}
