//! Routes of categories.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, Uri},
};
use garde::Validate;
use host::{Body, Keyed, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};

use super::{
    Api,
    cache::Rendered,
    inputs::{invalid, one_line, present},
};
use crate::{
    domain::{Category, CategoryChange, CategoryId, NewCategory},
    service::{Message, Reply},
    store,
};

/// The categories of the shop.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CategoryTree {
    /// Those at the top.
    items: Vec<CategoryNode>,
}

/// A category and all below it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CategoryNode {
    id: CategoryId,
    /// Its name in web addresses.
    #[schema(example = "kitchen")]
    slug: String,
    name: String,
    /// Its place among its neighbours: lower ones come first.
    position: i32,
    /// How many listed products are in it or below it.
    product_count: i64,
    /// Those directly below it, in their order.
    #[schema(no_recursion)]
    children: Vec<CategoryNode>,
}

/// The tree of categories, with how many listed products are in each.
#[utoipa::path(get, path = "/categories", tag = "products", responses((status = 200, body = CategoryTree)))]
pub(super) async fn get_categories(State(api): State<Arc<Api>>, uri: Uri) -> Result<Rendered, Problem> {
    let render = async {
        let reads = api.engine.reads();
        let tree = store::tree(reads).await?;
        let counts: HashMap<CategoryId, i64> = store::listed_counts(reads).await?.into_iter().collect();
        let children = tree.children();
        Ok(Rendered::of(&CategoryTree { items: nodes(None, &children, &counts) }, None))
    };
    api.cached(uri.path(), render).await
}

fn nodes(
    parent_id: Option<CategoryId>,
    children: &BTreeMap<Option<CategoryId>, Vec<&Category>>,
    counts: &HashMap<CategoryId, i64>,
) -> Vec<CategoryNode> {
    let node = |category: &&Category| CategoryNode {
        id: category.category_id,
        slug: category.slug.clone(),
        name: category.name.clone(),
        position: category.position,
        product_count: counts.get(&category.category_id).copied().unwrap_or(0),
        children: nodes(Some(category.category_id), children, counts),
    };
    children.get(&parent_id).into_iter().flatten().map(node).collect()
}

/// A category, as staff sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CategoryView {
    id: CategoryId,
    parent_id: Option<CategoryId>,
    slug: String,
    name: String,
    position: i32,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self {
            id: category.category_id,
            parent_id: category.parent_id(),
            slug: category.slug,
            name: category.name,
            position: category.position,
        }
    }
}

/// Categories to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddCategories {
    /// 1 to 1,000 categories. Each may name one before it as its parent.
    #[garde(length(min = 1, max = 1000), dive)]
    categories: Vec<NewCategoryInput>,
}

/// A category to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCategoryInput {
    /// Its id; made here when there is none.
    #[garde(skip)]
    id: Option<CategoryId>,
    /// The one above it, by id or slug; none for one at the top.
    #[garde(length(bytes, min = 1, max = 100), inner(custom(one_line)))]
    parent: Option<String>,
    /// Its name in web addresses; made from the name when there is none.
    #[garde(length(bytes, min = 1, max = 100), inner(custom(one_line)))]
    slug: Option<String>,
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
    /// Its place among its neighbours: lower ones come first.
    #[serde(default)]
    #[garde(skip)]
    position: i32,
}

/// The categories, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AddedCategories {
    categories: Vec<CategoryView>,
}

/// What is to be different about a category. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditCategory {
    /// The one above it, by id or slug; null moves it to the top. What is below it comes along.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(bytes, min = 1, max = 100), custom(one_line))))]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<String>>,
    #[garde(length(bytes, min = 1, max = 100), inner(custom(one_line)))]
    slug: Option<String>,
    #[garde(length(chars, min = 1, max = 100))]
    name: Option<String>,
    #[garde(skip)]
    position: Option<i32>,
}

/// Adds categories: all of them, or none.
#[utoipa::path(post, path = "/admin/categories", tag = "admin", request_body = AddCategories,
    responses((status = 200, body = AddedCategories), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add_categories(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    request: Keyed<AddCategories>,
) -> Result<Json<AddedCategories>, Problem> {
    let inputs = request.body.categories;
    let mut by_slug = HashMap::new();
    if inputs.iter().any(|input| input.parent.is_some()) {
        let tree = store::tree(api.engine.reads()).await?;
        let known = tree.children().into_values().flatten();
        by_slug.extend(known.map(|category| (category.slug.clone(), category.category_id)));
    }
    let mut categories = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.into_iter().enumerate() {
        let category_id = input.id.unwrap_or_else(|| CategoryId(api.new_id().0));
        let field = format!("categories[{index}].parent");
        let parent_id = input.parent.as_deref().map(|name| parent(name, &by_slug, &field)).transpose()?;
        if let Some(slug) = &input.slug {
            by_slug.insert(slug.clone(), category_id);
        }
        let NewCategoryInput { slug, name, position, .. } = input;
        categories.push(NewCategory { category_id, parent_id, slug, name, position });
    }
    let added = categories_of(api.command(actor, request.key, Message::AddCategories { categories }).await?)?;
    Ok(Json(AddedCategories { categories: added.into_iter().map(CategoryView::from).collect() }))
}

fn parent(name: &str, by_slug: &HashMap<String, CategoryId>, field: &str) -> Result<CategoryId, Problem> {
    match name.parse() {
        Ok(id) => Ok(CategoryId(id)),
        Err(_) => by_slug.get(name).copied().ok_or_else(|| invalid(field, "there is no such category")),
    }
}

/// Describes a category otherwise, or moves it with all that is below it.
#[utoipa::path(patch, path = "/admin/categories/{id}", tag = "admin", request_body = EditCategory,
    params(("id" = CategoryId, Path, description = "The category.")),
    responses((status = 200, body = CategoryView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit_category(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(category_id): Segment<CategoryId>,
    Body(input): Body<EditCategory>,
) -> Result<Json<CategoryView>, Problem> {
    let parent_id = match input.parent {
        None => None,
        Some(None) => Some(None),
        Some(Some(name)) => {
            let tree = store::tree(api.engine.reads()).await?;
            let known = tree.children().into_values().flatten();
            let by_slug = known.map(|category| (category.slug.clone(), category.category_id)).collect();
            Some(Some(parent(&name, &by_slug, "parent")?))
        }
    };
    let change = CategoryChange { parent_id, slug: input.slug, name: input.name, position: input.position };
    let changed = api.command(actor, None, Message::ChangeCategory { category_id, change }).await?;
    let category = categories_of(changed)?.into_iter().next().ok_or_else(Problem::internal)?;
    Ok(Json(category.into()))
}

/// Takes out a category that holds no products and no categories.
#[utoipa::path(delete, path = "/admin/categories/{id}", tag = "admin",
    params(("id" = CategoryId, Path, description = "The category.")),
    responses((status = 204, description = "It is gone."), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn remove_category(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(category_id): Segment<CategoryId>,
) -> Result<StatusCode, Problem> {
    api.command(actor, None, Message::RemoveCategory { category_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn categories_of(reply: Reply) -> Result<Vec<Category>, Problem> {
    match reply {
        Reply::Categories(categories) => Ok(categories),
        _ => Err(Problem::internal()),
    }
}
