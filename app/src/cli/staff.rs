//! `isotope staff`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    api::{self, Api, Need},
    output,
    place::Place,
};

/// What to do with the accounts of staff.
#[derive(Subcommand)]
pub enum Staff {
    /// Make an account. Prints the invitation with which its holder chooses a password.
    Add(Add),
    /// List the accounts.
    List(List),
    /// Take password and second factor from an account, and invite it again.
    Reset(Reset),
}

/// `staff add`.
#[derive(Args)]
#[command(after_help = "Example: isotope staff add grace@example.com --name \"Grace Hopper\" --role admin")]
pub struct Add {
    #[command(flatten)]
    place: Place,
    /// The address to log in with.
    email: String,
    /// What the account may do.
    #[arg(long, value_enum)]
    role: StaffRole,
    /// What the audit log calls it [default: the address].
    #[arg(long)]
    name: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum StaffRole {
    /// Sells through the shop.
    Vendor,
    /// Works for the shop.
    Staff,
    /// Runs the shop.
    Admin,
}

impl StaffRole {
    fn word(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

/// `staff list`.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// `staff reset`.
#[derive(Args)]
pub struct Reset {
    #[command(flatten)]
    place: Place,
    /// The address of the account.
    email: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// An account, as the shop shows it.
#[derive(Deserialize, Serialize)]
struct Account {
    id: Uuid,
    email: String,
    name: String,
    role: String,
    disabled: bool,
    invited: bool,
    second_factor: bool,
}

/// A page of accounts.
#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
    next_cursor: Option<String>,
}

impl Staff {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Add(add) => add.run().await?,
            Self::List(list) => list.run().await?,
            Self::Reset(reset) => reset.run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// All accounts, the oldest first.
async fn accounts(api: &Api) -> anyhow::Result<Vec<Account>> {
    let (mut accounts, mut cursor) = (Vec::new(), None);
    loop {
        let parameters = [("limit", Some("100".to_owned())), ("cursor", cursor)];
        let page: Accounts = api.get(&api::path("staff", &parameters)).await?;
        accounts.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(accounts);
        }
    }
}

/// Says how an invited person comes in.
fn told(invited: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return output::json(invited);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    output::line(&format!(
        "{} is invited, until {}",
        text(&invited["staff"]["email"]),
        text(&invited["invitation_expires_at"])
    ))?;
    output::line(&format!("the invitation, good once: {}", text(&invited["invitation_token"])))?;
    output::line("its holder sends it with a password to POST /api/v1/staff/accept-invitation")
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let name = self.name.unwrap_or_else(|| self.email.clone());
        let body = json!({ "email": self.email, "name": name, "role": self.role.word() });
        let api = Api::open(&self.place, Need::Writing).await?;
        let invited: anyhow::Result<Value> = api.post("staff", body).await;
        api.close().await;
        told(&invited?, self.json)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        // A stopped shop shows these through its services at work, as it does all that is no service's bookkeeping.
        let api = Api::open(&self.place, Need::Writing).await?;
        let accounts = accounts(&api).await;
        api.close().await;
        let accounts = accounts?;
        if self.json {
            return accounts.iter().try_for_each(output::json);
        }
        let state = |account: &Account| match account {
            Account { disabled: true, .. } => "disabled",
            Account { invited: true, .. } => "invited",
            _ => "active",
        };
        let rows = accounts.into_iter().map(|account| {
            let (state, factor) = (state(&account), if account.second_factor { "yes" } else { "no" });
            vec![
                account.email,
                account.role,
                state.to_owned(),
                factor.to_owned(),
                account.name,
                account.id.to_string(),
            ]
        });
        output::table(&["EMAIL", "ROLE", "STATE", "SECOND FACTOR", "NAME", "ID"], rows.collect())
    }
}

impl Reset {
    async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Writing).await?;
        let invited = self.reset(&api).await;
        api.close().await;
        told(&invited?, self.json)
    }

    async fn reset(&self, api: &Api) -> anyhow::Result<Value> {
        let email = self.email.trim().to_lowercase();
        let account = accounts(api).await?.into_iter().find(|account| account.email == email);
        let id = account.with_context(|| format!("there is no account of {email}"))?.id;
        api.post(&format!("staff/{id}/reset"), json!({})).await
    }
}
