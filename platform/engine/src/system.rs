//! The engine's own tables, which every service's database has.

use crate::{
    table::{Column, Index, IndexKind, Layout, Table},
    value::ColumnKind::{Id, Integer, Text},
};

/// The log: append-only, and the truth. Positions have no gaps within a topic's partition.
pub static EVENT_LOG: Table = Table {
    name: "event_log",
    columns: &[
        Column::new("topic", Text),
        Column::new("part", Integer),
        Column::new("pos", Integer),
        Column::new("event_id", Id),
        Column::new("subject", Text),
        Column::new("sequence", Integer),
        Column::new("type", Text),
        Column::new("correlation_id", Id),
        Column::new("causation_id", Id),
        Column::new("data", Text),
        Column::new("crc", Integer),
        Column::new("at_us", Integer),
    ],
    key_columns: 3,
    indexes: &[],
    layout: Layout::Appended,
};

/// The last position of each partition, where several writers must agree on it.
pub static LOG_HEAD: Table = Table {
    name: "log_head",
    columns: &[Column::new("topic", Text), Column::new("part", Integer), Column::new("pos", Integer)],
    key_columns: 2,
    indexes: &[],
    layout: Layout::ByKey,
};

/// How far each consumer has come in each partition of each source.
pub static WATERMARK: Table = Table {
    name: "watermark",
    columns: &[
        Column::new("consumer", Text),
        Column::new("source", Text),
        Column::new("topic", Text),
        Column::new("part", Integer),
        Column::new("epoch", Id),
        Column::new("pos", Integer),
        Column::new("above", Text),
    ],
    key_columns: 4,
    indexes: &[],
    layout: Layout::ByKey,
};

/// Replies of commands that came with an idempotency key.
pub static COMMAND: Table = Table {
    name: "command",
    columns: &[
        Column::new("id", Id),
        Column::new("request_hash", Id),
        Column::new("reply", Text),
        Column::new("at_us", Integer),
    ],
    key_columns: 1,
    indexes: &[],
    layout: Layout::Appended,
};

/// Messages to deliver later.
pub static TIMER: Table = Table {
    name: "timer",
    columns: &[
        Column::new("subject", Text),
        Column::new("name", Text),
        Column::new("part", Integer),
        Column::new("due_us", Integer),
        Column::new("id", Id),
        Column::new("correlation_id", Id),
        Column::new("causation_id", Id),
        Column::new("message", Text),
    ],
    key_columns: 2,
    indexes: &[Index { columns: &["part", "due_us"], kind: IndexKind::Full }],
    layout: Layout::ByKey,
};

/// Calls to the outside: asked for, under way, ended.
pub static EFFECT: Table = Table {
    name: "effect",
    columns: &[
        Column::new("idem_key", Text),
        Column::new("policy", Text),
        Column::new("request", Text),
        Column::new("state", Text),
        Column::new("attempts", Integer),
        Column::new("due_us", Integer),
        Column::new("id", Id),
        Column::new("correlation_id", Id),
    ],
    key_columns: 1,
    indexes: &[Index { columns: &["state", "due_us"], kind: IndexKind::Full }],
    layout: Layout::ByKey,
};

/// Messages that could not be handled, and those that wait behind them.
pub static PARKED: Table = Table {
    name: "parked",
    columns: &[
        Column::new("id", Id),
        Column::new("subject", Text),
        Column::new("part", Integer),
        Column::new("state", Text),
        Column::new("attempt", Integer),
        Column::new("due_us", Integer),
        Column::new("kind", Text),
        Column::new("body", Text),
        Column::new("fingerprint", Text),
        Column::new("error", Text),
        Column::new("parked_us", Integer),
        Column::new("failed_us", Integer),
    ],
    key_columns: 1,
    indexes: &[
        Index { columns: &["state", "part", "due_us"], kind: IndexKind::Full },
        Index { columns: &["subject", "id"], kind: IndexKind::Full },
    ],
    layout: Layout::Appended,
};

/// What people of the shop did.
pub static AUDIT_LOG: Table = Table {
    name: "audit_log",
    columns: &[
        Column::new("id", Id),
        Column::new("at_us", Integer),
        Column::nullable("actor_id", Id),
        Column::new("actor", Text),
        Column::new("action", Text),
        Column::new("subject", Text),
        Column::new("changes", Text),
    ],
    key_columns: 1,
    indexes: &[
        Index { columns: &["actor", "id"], kind: IndexKind::Full },
        Index { columns: &["subject", "id"], kind: IndexKind::Full },
    ],
    layout: Layout::Appended,
};

/// The last batch that each lane committed: how a commit of unknown outcome is looked up.
pub static LANE: Table = Table {
    name: "lane",
    columns: &[Column::new("id", Id), Column::new("batch", Id), Column::new("at_us", Integer)],
    key_columns: 1,
    indexes: &[],
    layout: Layout::ByKey,
};

/// Facts about the database itself: its format, the log's epoch, the projections and their tables.
pub static ABOUT: Table = Table {
    name: "about",
    columns: &[Column::new("name", Text), Column::new("value", Text)],
    key_columns: 1,
    indexes: &[],
    layout: Layout::ByKey,
};

/// Runs of tasks, and what came of them.
pub static TASK_RUN: Table = Table {
    name: "task_run",
    columns: &[
        Column::new("id", Id),
        Column::new("task", Text),
        Column::new("result", Text),
        Column::new("started_us", Integer),
        Column::new("seen_us", Integer),
        Column::nullable("ended_us", Integer),
        Column::new("found", Integer),
        Column::new("confirmed", Integer),
        Column::new("skipped", Integer),
        Column::nullable("error", Text),
    ],
    key_columns: 1,
    indexes: &[Index { columns: &["result", "seen_us"], kind: IndexKind::Full }],
    layout: Layout::ByKey,
};

/// All of them.
pub static SYSTEM_TABLES: [&Table; 11] = [
    &EVENT_LOG, &LOG_HEAD, &WATERMARK, &COMMAND, &TIMER, &EFFECT, &PARKED, &AUDIT_LOG, &LANE, &ABOUT,
    &TASK_RUN,
];
