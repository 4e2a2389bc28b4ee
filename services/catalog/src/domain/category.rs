//! Categories: the places of a tree where customers look for products.

use contracts::Refusal;
use engine::{ColumnKind, Field, Key, UnreadableValue, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::slug;

/// How many categories a shop has at most.
pub const CATEGORIES_MAX: usize = 1_000;

/// How many levels the tree has at most.
pub const DEPTH_MAX: usize = 6;

const NAME_LENGTH_MAX: usize = 100;

/// The id of a category, a UUIDv7.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct CategoryId(pub Uuid);

impl Field for CategoryId {
    const KIND: ColumnKind = ColumnKind::Id;

    fn to_value(&self) -> Value {
        Value::Id(self.0)
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        Uuid::from_value(value).map(Self)
    }
}

impl From<CategoryId> for Key {
    fn from(id: CategoryId) -> Self {
        Self::Id(id.0)
    }
}

impl From<Uuid> for CategoryId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its id.
    pub category_id: CategoryId,
    /// All above it, the nearest first; none for those at the top.
    pub above: Vec<CategoryId>,
    /// Its name in web addresses; no other category has it.
    pub slug: String,
    /// Its name in the shop's language.
    pub name: String,
    /// Its place among its neighbours: lower ones come first.
    pub position: i32,
    /// Always 0: the shop has one tree. What asks for all of its categories asks by this.
    #[serde(default)]
    pub tree: u8,
}

/// The tree as a whole. Whoever changes a part of it takes this row first, so that two changes never cross.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeRevision {
    /// Always [`TREE`].
    pub tree: String,
    /// How many changes there were.
    pub revision: u32,
}

/// The key of the [`TreeRevision`].
pub const TREE: &str = "categories";

/// A category to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCategory {
    /// Its id, made by the caller.
    pub category_id: CategoryId,
    /// The one above it.
    pub parent_id: Option<CategoryId>,
    /// Its name in web addresses; made from the name when there is none.
    pub slug: Option<String>,
    /// Its name in the shop's language.
    pub name: String,
    /// Its place among its neighbours.
    pub position: i32,
}

/// What is to be different about a category; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryChange {
    /// The one above it; `Some(None)` moves it to the top.
    pub parent_id: Option<Option<CategoryId>>,
    /// Its name in web addresses.
    pub slug: Option<String>,
    /// Its name in the shop's language.
    pub name: Option<String>,
    /// Its place among its neighbours.
    pub position: Option<i32>,
}

impl NewCategory {
    /// The category, below those that are `above` it.
    ///
    /// # Errors
    /// `name_invalid` or `slug_invalid`.
    pub(super) fn into_category(self, above: Vec<CategoryId>) -> Result<Category, Refusal> {
        check_name(&self.name)?;
        let slug = self.slug.unwrap_or_else(|| slug::of_name(&self.name));
        slug::check(&slug)?;
        Ok(Category {
            category_id: self.category_id,
            above,
            slug,
            name: self.name.trim().to_owned(),
            position: self.position,
            tree: 0,
        })
    }
}

impl Category {
    /// The one above it; none for those at the top.
    pub fn parent_id(&self) -> Option<CategoryId> {
        self.above.first().copied()
    }

    /// Itself and all above it, from the bottom up.
    pub fn chain(&self) -> Vec<CategoryId> {
        std::iter::once(self.category_id).chain(self.above.iter().copied()).collect()
    }

    /// The category with its texts and position changed. Its place in the tree is the tree's to change.
    ///
    /// # Errors
    /// `name_invalid` or `slug_invalid`.
    pub(super) fn described(&self, change: &CategoryChange) -> Result<Self, Refusal> {
        let mut category = self.clone();
        if let Some(name) = &change.name {
            check_name(name)?;
            category.name = name.trim().to_owned();
        }
        if let Some(slug) = &change.slug {
            slug::check(slug)?;
            category.slug.clone_from(slug);
        }
        category.position = change.position.unwrap_or(category.position);
        Ok(category)
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let is_long = name.chars().count() > NAME_LENGTH_MAX;
    if name.trim().is_empty() || is_long || name.chars().any(char::is_control) {
        let detail =
            format!("A category's name has 1 to {NAME_LENGTH_MAX} characters, and none that controls.");
        return Err(Refusal::invalid("name_invalid", detail));
    }
    Ok(())
}
