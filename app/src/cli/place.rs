//! Which shop a command is about.

use std::path::PathBuf;

use clap::Args;

use crate::settings::Settings;

/// Which shop a command is about.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// A settings file (TOML). Flags win over it.
    #[arg(long, value_name = "FILE", env = "ISOTOPE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The data directory [default: data].
    #[arg(long, value_name = "DIR", env = "ISOTOPE_DATA")]
    pub data: Option<PathBuf>,
    /// The PostgreSQL database, where the shop has one and is stopped.
    #[arg(long, value_name = "URL", env = "ISOTOPE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

impl Place {
    /// The shop's settings.
    ///
    /// # Errors
    /// The settings file cannot be read, or is not valid.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => Settings::from_file(path)?,
            None => Settings::default(),
        };
        if let Some(data) = &self.data {
            settings.data = data.clone();
        }
        settings.database_url = self.database_url.clone().or(settings.database_url);
        Ok(settings)
    }
}
