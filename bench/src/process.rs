//! What the kernel says of a process: its processor time and memory.

use std::fs;

use anyhow::{Context, bail};

/// Seconds of processor time that a process has used until now, in user and kernel mode.
///
/// # Errors
/// There is no such process.
pub fn cpu_seconds(process_id: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{process_id}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let ticks = ticks(&stat).with_context(|| format!("{path} is not understood"))?;
    let ticks_per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)?.unwrap_or(100);
    Ok(ticks as f64 / ticks_per_second as f64)
}

/// The same of a process and its children, as a PostgreSQL server has one per connection.
///
/// # Errors
/// There is no such process.
pub fn cpu_seconds_of_family(process_id: u32) -> anyhow::Result<f64> {
    let children = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|candidate| parent_of(*candidate) == Some(process_id));
    // A child that has just ended counts nothing.
    let children: f64 = children.filter_map(|child| cpu_seconds(child).ok()).sum();
    Ok(cpu_seconds(process_id)? + children)
}

/// Memory that a process has in RAM, in MiB.
///
/// # Errors
/// There is no such process.
pub fn resident_mib(process_id: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{process_id}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let Some(kib) = line.and_then(|line| line.split_whitespace().next()) else {
        bail!("{path} does not say VmRSS");
    };
    Ok(kib.parse::<f64>()? / 1_024.0)
}

fn parent_of(process_id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).ok()?;
    fields_after_name(&stat)?.nth(1)?.parse().ok()
}

fn ticks(stat: &str) -> Option<u64> {
    let mut fields = fields_after_name(stat)?.skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

/// The fields from `state` on; the name before them stands in brackets and may hold anything.
fn fields_after_name(stat: &str) -> Option<std::str::SplitWhitespace<'_>> {
    stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::{cpu_seconds, resident_mib, ticks};

    #[test]
    fn times_stand_behind_any_name() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 1 0 0 0 70 30 5 6 20 0 9 0 1 2 3";
        assert_eq!(ticks(stat), Some(100));
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        assert!(cpu_seconds(std::process::id()).expect("this process is there") >= 0.0);
        assert!(resident_mib(std::process::id()).expect("this process is there") > 0.5);
    }
}
