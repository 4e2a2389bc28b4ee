//! The books of wallets balance: what one account gets another gives, what a wallet holds is what its entries say, and what
//! gateways took for wallets is in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contracts::ServiceName;
use sea_orm::QueryResult;
use uuid::Uuid;

use super::{Look, books::Books, money::Entry};

/// What moved between wallets and an order.
#[derive(Default)]
pub(super) struct Moved {
    /// What it was paid, as the wallet's entries say: negative.
    pub payments: Vec<i64>,
    /// What was paid back.
    pub refunds: Vec<i64>,
}

impl Moved {
    /// What the shop keeps of it.
    pub fn kept(&self) -> i64 {
        -self.payments.iter().chain(&self.refunds).sum::<i64>()
    }
}

struct TopUp {
    customer: Uuid,
    status: String,
    amount: i64,
    currency: String,
    reference: Option<String>,
}

/// What moved for each order, by its id.
pub(super) async fn moved_for_orders(books: &Books) -> anyhow::Result<HashMap<Uuid, Moved>> {
    let sql = "SELECT reference, kind, amount FROM entry WHERE account = 'wallet' AND kind IN ('payment', 'refund')";
    let mut orders: HashMap<Uuid, Moved> = HashMap::new();
    for row in books.query(ServiceName::Payment, sql).await? {
        let (order, kind, amount): (String, String, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let moved = orders.entry(order.parse()?).or_default();
        if kind == "payment" { moved.payments.push(amount) } else { moved.refunds.push(amount) }
    }
    Ok(orders)
}

/// Checks the ledger by itself, and against what the gateway has captured for top-ups.
pub(super) async fn check(
    books: &Books,
    gateway: &HashMap<Uuid, Entry>,
    look: &mut Look,
) -> anyhow::Result<()> {
    transactions(books, look).await?;
    balances(books, look).await?;
    statements(books, look).await?;
    top_ups(books, gateway, look).await
}

async fn transactions(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let sql = "SELECT transaction_id, currency, CAST(SUM(amount) AS BIGINT) FROM entry \
               GROUP BY transaction_id, currency HAVING SUM(amount) <> 0";
    for row in books.query(ServiceName::Payment, sql).await? {
        let (transaction, currency, sum): (Uuid, String, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let detail = format!("its entries sum to {sum} {currency}, and should to 0");
        look.found("transaction_balanced", transaction.to_string(), detail);
    }
    Ok(())
}

async fn balances(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let sql = "SELECT account_id, CAST(SUM(amount) AS BIGINT), COUNT(*) FROM entry WHERE account = 'wallet' GROUP BY account_id";
    let mut sums: HashMap<Uuid, (i64, i64)> = HashMap::new();
    for row in books.query(ServiceName::Payment, sql).await? {
        sums.insert(row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?));
    }
    let accounts = "SELECT account_id, balance, version FROM account";
    for row in books.query(ServiceName::Payment, accounts).await? {
        let (account, balance, version): (Uuid, i64, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let (sum, count) = sums.remove(&account).unwrap_or_default();
        if (balance, version) != (sum, count) {
            let detail =
                format!("it holds {balance} after {version} entries; there are {count}, which sum to {sum}");
            look.found("wallet_balance", account.to_string(), detail);
        }
        if balance < 0 {
            look.found("wallet_below_zero", account.to_string(), format!("it holds {balance}"));
        }
    }
    for account in sums.into_keys().collect::<BTreeSet<_>>() {
        look.found("wallet_balance", account.to_string(), "there are entries of it, and no such account");
    }
    Ok(())
}

/// From the first entry to the last, each says what the wallet held then.
async fn statements(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let sql = "SELECT DISTINCT account_id FROM (SELECT account_id, number, balance_after, \
               SUM(amount) OVER entries AS balance, ROW_NUMBER() OVER entries AS place \
               FROM entry WHERE account = 'wallet' WINDOW entries AS (PARTITION BY account_id ORDER BY number)) AS statement \
               WHERE number <> place OR balance_after <> balance OR balance < 0 OR number IS NULL OR balance_after IS NULL";
    for row in books.query(ServiceName::Payment, sql).await? {
        let account: Uuid = row.try_get_by_index(0)?;
        let detail =
            "its entries are not numbered one by one, or do not say what it held, or it held less than 0";
        look.found("wallet_statement", account.to_string(), detail);
    }
    Ok(())
}

async fn top_ups(books: &Books, gateway: &HashMap<Uuid, Entry>, look: &mut Look) -> anyhow::Result<()> {
    let top_ups = known_top_ups(books).await?;
    // What came into wallets, by the gateway's reference.
    let mut credited: HashMap<String, Vec<(Uuid, i64)>> = HashMap::new();
    let sql = "SELECT reference, customer_id, amount FROM entry WHERE account = 'wallet' AND kind = 'top_up'";
    for row in books.query(ServiceName::Payment, sql).await? {
        let credit = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        credited.entry(row.try_get_by_index(0)?).or_default().push(credit);
    }
    let mut captured_by_currency: BTreeMap<String, i64> = BTreeMap::new();
    for (id, top_up) in &top_ups {
        let captures: &[(i64, String)] = gateway.get(id).map_or(&[], |entry| &entry.captures);
        let reference = top_up.reference.as_deref().unwrap_or_default();
        let credits = credited.remove(reference).unwrap_or_default();
        match top_up.status.as_str() {
            "completed" => {
                if captures != [(top_up.amount, top_up.currency.clone())] {
                    let detail = format!("it is completed with {}, captured are {captures:?}", top_up.amount);
                    look.found("top_up_captured", id.to_string(), detail);
                }
                if credits != [(top_up.customer, top_up.amount)] {
                    let detail = format!("it is completed with {}, credited are {credits:?}", top_up.amount);
                    look.found("top_up_credited", id.to_string(), detail);
                }
                *captured_by_currency.entry(top_up.currency.clone()).or_default() +=
                    captures.iter().map(|(amount, _)| amount).sum::<i64>();
            }
            "failed" if !captures.is_empty() => {
                look.found("top_up_captured", id.to_string(), "it has failed, and the gateway has captured");
            }
            _ => {}
        }
    }
    for reference in credited.into_keys().collect::<BTreeSet<_>>() {
        look.found("top_up_credited", reference, "a wallet was credited, and there is no completed top-up");
    }
    for (id, entry) in gateway {
        if entry.captures.len() > 1 {
            look.found("one_capture", id.to_string(), format!("{} captures", entry.captures.len()));
        }
        if !entry.captures.is_empty() && !top_ups.contains_key(id) {
            look.found(
                "top_up_captured",
                id.to_string(),
                "the gateway has captured, and there is no such top-up",
            );
        }
    }
    clearing(books, captured_by_currency, look).await
}

/// By currency: what wallets got from gateways, and what gateways have captured for them.
async fn clearing(books: &Books, mut captured: BTreeMap<String, i64>, look: &mut Look) -> anyhow::Result<()> {
    let sql = "SELECT currency, CAST(-SUM(amount) AS BIGINT) FROM entry WHERE account = 'gateway_clearing' GROUP BY currency";
    let mut credited: BTreeMap<String, i64> = BTreeMap::new();
    for row in books.query(ServiceName::Payment, sql).await? {
        credited.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    for (currency, credited) in credited {
        let captured = captured.remove(&currency).unwrap_or(0);
        if captured != credited {
            let detail = format!("wallets got {credited} from gateways, which captured {captured} for them");
            look.found("clearing_conserved", currency, detail);
        }
    }
    for (currency, captured) in captured.into_iter().filter(|(_, captured)| *captured != 0) {
        let detail = format!("gateways captured {captured} for wallets, which got nothing");
        look.found("clearing_conserved", currency, detail);
    }
    Ok(())
}

async fn known_top_ups(books: &Books) -> anyhow::Result<BTreeMap<Uuid, TopUp>> {
    let sql = "SELECT top_up_id, customer_id, status, amount, currency, reference FROM top_up";
    let top_up = |row: QueryResult| {
        let top_up = TopUp {
            customer: row.try_get_by_index(1)?,
            status: row.try_get_by_index(2)?,
            amount: row.try_get_by_index(3)?,
            currency: row.try_get_by_index(4)?,
            reference: row.try_get_by_index(5)?,
        };
        Ok((row.try_get_by_index(0)?, top_up))
    };
    books.query(ServiceName::Payment, sql).await?.into_iter().map(top_up).collect()
}
