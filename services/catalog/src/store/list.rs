//! Lists of products: filtered, ordered, a page at a time.

use contracts::{Currency, ProductId};
use engine::{Field, Reads, StoreError, Value};

use crate::domain::{CategoryId, Product, ProductStatus};

/// The orders of a list. The id, which is the age, decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Oldest,
    Newest,
    Price,
    PriceDown,
    Name,
    NameDown,
}

impl Sort {
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Oldest, "oldest"),
        (Self::Newest, "newest"),
        (Self::Price, "price"),
        (Self::PriceDown, "-price"),
        (Self::Name, "name"),
        (Self::NameDown, "-name"),
    ];

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(sort, _)| *sort)
    }

    fn is_down(self) -> bool {
        matches!(self, Self::Newest | Self::PriceDown | Self::NameDown)
    }

    /// The column that comes before the id.
    fn column(self) -> Option<&'static str> {
        match self {
            Self::Oldest | Self::Newest => None,
            Self::Price | Self::PriceDown => Some("price_amount"),
            Self::Name | Self::NameDown => Some("name_order"),
        }
    }

    /// The kind of key that it has.
    pub fn key_kind(self) -> SortKey {
        match self {
            Self::Oldest | Self::Newest => SortKey::Age,
            Self::Price | Self::PriceDown => SortKey::Price(0),
            Self::Name | Self::NameDown => SortKey::Name(String::new()),
        }
    }

    /// Where a product stands in this order.
    pub fn place_of(self, product: &Product) -> After {
        let key = match self.key_kind() {
            SortKey::Age => SortKey::Age,
            SortKey::Price(_) => SortKey::Price(product.price_amount),
            SortKey::Name(_) => SortKey::Name(product.name_order.clone()),
        };
        After { key, product_id: product.product_id }
    }
}

/// What a product is ordered by besides its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SortKey {
    Age,
    Price(i64),
    Name(String),
}

/// The place after which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct After {
    pub key: SortKey,
    pub product_id: ProductId,
}

/// Which products, in which order. Variants are never among them, unless asked for by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// Where they are shown; `None` for all that there are.
    pub status: Option<ProductStatus>,
    /// In this category, or below it.
    pub category: Option<CategoryId>,
    /// Folded words that all occur in what a search looks into.
    pub words: Vec<String>,
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub currency: Option<Currency>,
    pub featured: Option<bool>,
    /// These alone. What is in no list is found this way too.
    pub ids: Option<Vec<ProductId>>,
    pub sort: Sort,
}

/// A condition and its parameters, side by side.
struct Conditions<'a> {
    reads: &'a Reads,
    texts: Vec<String>,
    parameters: Vec<Value>,
}

impl Conditions<'_> {
    fn bind(&mut self, value: Value) -> String {
        self.parameters.push(value);
        self.reads.parameter(self.parameters.len())
    }

    fn compare(&mut self, column: &str, operator: &str, value: Value) {
        let parameter = self.bind(value);
        self.texts.push(format!("{column} {operator} {parameter}"));
    }
}

/// The first products past `after`.
pub(crate) async fn listed(
    reads: &Reads,
    query: &ListQuery,
    after: Option<&After>,
    limit: u32,
) -> Result<Vec<Product>, StoreError> {
    let mut conditions = Conditions { reads, texts: Vec::new(), parameters: Vec::new() };
    let source = match query.category {
        // The index of the category is walked in the list's order; what else is shown of a product is looked up from there.
        Some(category_id) => {
            let category = conditions.bind(category_id.to_value());
            format!(
                "JOIN (SELECT category_id AS placed_in, product_id AS placed_id, status AS placed_status, \
                 price_amount AS placed_price_amount, name_order AS placed_name_order FROM placement) AS placed \
                 ON placed_id = product_id AND placed_in = {category}"
            )
        }
        None => String::new(),
    };
    let column = |name: &str| match query.category {
        Some(_) => format!("placed_{}", name.strip_prefix("product_").unwrap_or(name)),
        None => name.to_owned(),
    };

    match (&query.ids, query.status) {
        (Some(ids), status) => {
            let parameters: Vec<String> = ids.iter().map(|id| conditions.bind(id.to_value())).collect();
            conditions.texts.push(format!("product_id IN ({})", parameters.join(", ")));
            if status.is_some() {
                conditions.compare("status", "<>", ProductStatus::Deleted.to_value());
            }
        }
        (None, Some(status)) => conditions.compare(&column("status"), "=", status.to_value()),
        (None, None) => {}
    }
    // Variants are unlisted or deleted.
    if query.ids.is_none() && query.status != Some(ProductStatus::Listed) {
        conditions.texts.push("parent_id IS NULL".to_owned());
    }
    for word in &query.words {
        let pattern = conditions.bind(Value::Text(format!("%{}%", escaped(word))));
        conditions.texts.push(format!("search_text LIKE {pattern} ESCAPE '\\'"));
    }
    if let Some(amount) = query.min_price {
        conditions.compare(&column("price_amount"), ">=", Value::Integer(amount));
    }
    if let Some(amount) = query.max_price {
        conditions.compare(&column("price_amount"), "<=", Value::Integer(amount));
    }
    if let Some(currency) = query.currency {
        conditions.compare("currency", "=", currency.to_value());
    }
    if let Some(featured) = query.featured {
        let null = if featured { "NOT NULL" } else { "NULL" };
        conditions.texts.push(format!("featured IS {null}"));
    }

    let id = column("product_id");
    let columns = match query.sort.column() {
        Some(sorted) => vec![column(sorted), id],
        None => vec![id],
    };
    let (operator, direction) = if query.sort.is_down() { ("<", " DESC") } else { (">", "") };
    if let Some(After { key, product_id }) = after {
        let key = match key {
            SortKey::Age => None,
            SortKey::Price(amount) => Some(Value::Integer(*amount)),
            SortKey::Name(name_order) => Some(Value::Text(name_order.clone())),
        };
        let values = key.into_iter().chain([product_id.to_value()]);
        let parameters: Vec<String> = values.map(|value| conditions.bind(value)).collect();
        conditions.texts.push(format!("({}) {operator} ({})", columns.join(", "), parameters.join(", ")));
    }
    let order: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    let condition = format!(
        "{source} WHERE {} ORDER BY {} LIMIT {limit}",
        conditions.texts.join(" AND "),
        order.join(", ")
    );
    reads.select(&condition, conditions.parameters).await
}

/// A word in which nothing stands for another text.
fn escaped(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for character in word.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_stands_for_other_text_is_taken_as_it_is() {
        assert_eq!(escaped(r"50%_off\"), r"50\%\_off\\");
    }
}
