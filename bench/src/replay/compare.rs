//! What the shop's databases say of the sales, beside what the file says.

use std::collections::BTreeMap;

use super::{countries::code_of, expected::Revenue, invoices::Sales};
use crate::database::{Databases, Sale};

/// Pennies by what they are summed by.
type Sums = BTreeMap<String, i64>;

/// A sentence for each sum that differs and each order or wallet that did not end as it should.
pub(super) async fn problems(
    databases: &Databases,
    sales: &Sales,
    expected: &Revenue,
) -> anyhow::Result<Vec<String>> {
    let found = databases.sales().await?;
    let mut problems = Vec::new();
    for (by, of_shop, of_file) in [
        (
            "day",
            sums(&found, |sale| day(sale.created_us)),
            expected_sums(expected, |day, _| Ok(day.to_owned()))?,
        ),
        (
            "month",
            sums(&found, |sale| month(&day(sale.created_us))),
            expected_sums(expected, |day, _| Ok(month(day)))?,
        ),
        (
            "country",
            sums(&found, |sale| sale.country.clone()),
            expected_sums(expected, |_, country| Ok(code_of(country)?.to_owned()))?,
        ),
    ] {
        problems.extend(differences(by, &of_file, &of_shop));
    }

    let orders = databases.orders().await?;
    let invoices = sales.invoices.len();
    if orders.len() != invoices {
        problems.push(format!("the file has {invoices} invoices, and the shop {} orders", orders.len()));
    }
    let unpaid = orders.values().filter(|order| !order.is_paid()).count();
    if unpaid > 0 {
        problems.push(format!("{unpaid} of {invoices} orders are not paid"));
    }
    let lines: usize = sales.invoices.iter().map(|invoice| invoice.lines.len()).sum();
    let lines_of_shop: i64 = found.iter().map(|sale| sale.lines).sum();
    if lines_of_shop != lines as i64 {
        problems.push(format!("the file has {lines} lines, and the shop's paid orders {lines_of_shop}"));
    }
    let customers = sales.purchases().len() as u64;
    let (wallets, filled) = databases.wallets().await?;
    if (wallets, filled) != (customers, 0) {
        problems.push(format!(
            "{customers} customers spend all they have: there are {wallets} wallets, {filled} of them not empty"
        ));
    }
    Ok(problems)
}

fn sums(sales: &[Sale], key: impl Fn(&Sale) -> String) -> Sums {
    let mut sums = Sums::new();
    for sale in sales {
        *sums.entry(key(sale)).or_default() += sale.total;
    }
    sums
}

fn expected_sums(
    expected: &Revenue,
    key: impl Fn(&str, &str) -> anyhow::Result<String>,
) -> anyhow::Result<Sums> {
    let mut sums = Sums::new();
    for ((day, country), pennies) in expected {
        *sums.entry(key(day, country)?).or_default() += pennies;
    }
    Ok(sums)
}

/// The day of a time, as `2010-12-01`.
fn day(at_us: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(at_us);
    time.map(|time| time.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// The month of a day.
fn month(day: &str) -> String {
    day.get(..7).unwrap_or_default().to_owned()
}

/// A sentence for each sum that differs.
fn differences(by: &str, of_file: &Sums, of_shop: &Sums) -> Vec<String> {
    let mut keys: Vec<&String> = of_file.keys().chain(of_shop.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter_map(|key| {
            let sum_of = |sums: &Sums| sums.get(key).copied().unwrap_or(0);
            let (file, shop) = (sum_of(of_file), sum_of(of_shop));
            (file != shop).then(|| format!("{by} {key}: the file says {file} pence and the shop {shop}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Sums, day, differences, expected_sums, month, sums};
    use crate::database::Sale;

    #[test]
    fn orders_count_on_the_day_they_were_placed() {
        let midnight = 1_291_161_600_000_000; // 2010-12-01
        let sale = |created_us, total| Sale { created_us, country: "GB".to_owned(), total, lines: 1 };
        let sales = [sale(midnight, 100), sale(midnight + 86_399_999_999, 20), sale(midnight - 1, 7)];
        let days: Vec<(String, i64)> = sums(&sales, |sale| day(sale.created_us)).into_iter().collect();
        assert_eq!(days, [("2010-11-30".to_owned(), 7), ("2010-12-01".to_owned(), 120)]);
        let months = sums(&sales, |sale| month(&day(sale.created_us)));
        assert_eq!(months.keys().collect::<Vec<_>>(), ["2010-11", "2010-12"]);
    }

    #[test]
    fn what_is_expected_is_summed_by_any_key() {
        let revenue = [("2010-12-01", "EIRE", 5), ("2010-12-02", "EIRE", 6), ("2010-12-02", "France", 7)]
            .into_iter()
            .map(|(day, country, pence)| ((day.to_owned(), country.to_owned()), pence))
            .collect();
        let by_country = expected_sums(&revenue, |_, country| Ok(country.to_owned())).expect("sums");
        assert_eq!(by_country.into_values().collect::<Vec<_>>(), [11, 7]);
    }

    #[test]
    fn a_sum_that_differs_or_is_missing_is_told() {
        let sums = |pairs: &[(&str, i64)]| -> Sums {
            pairs.iter().map(|(key, pence)| ((*key).to_owned(), *pence)).collect()
        };
        let file = sums(&[("2010-12-01", 5), ("2010-12-02", 6), ("2010-12-03", 7)]);
        assert!(differences("day", &file, &file).is_empty());
        let told =
            differences("day", &file, &sums(&[("2010-12-01", 5), ("2010-12-02", 7), ("2010-12-04", 1)]));
        assert_eq!(told.len(), 3, "{told:?}");
    }
}
