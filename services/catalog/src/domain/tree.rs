//! The tree of categories: what belongs where, never in a circle and never too deep.

use std::collections::{BTreeMap, HashMap};

use contracts::Refusal;

use super::category::{CATEGORIES_MAX, Category, CategoryChange, CategoryId, DEPTH_MAX, NewCategory};

/// All categories of the shop.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    categories: HashMap<CategoryId, Category>,
}

impl Tree {
    /// The tree of these categories.
    pub fn of(categories: impl IntoIterator<Item = Category>) -> Self {
        let by_id = |category: Category| (category.category_id, category);
        Self { categories: categories.into_iter().map(by_id).collect() }
    }

    /// A category.
    pub fn get(&self, id: CategoryId) -> Option<&Category> {
        self.categories.get(&id)
    }

    /// The category of a slug.
    pub fn of_slug(&self, slug: &str) -> Option<&Category> {
        self.categories.values().find(|category| category.slug == slug)
    }

    /// A category and all above it, from the bottom up. Empty for one that is not there.
    pub fn chain(&self, id: CategoryId) -> Vec<CategoryId> {
        self.get(id).map(Category::chain).unwrap_or_default()
    }

    /// The categories below each one, ordered by position and then by name; those at the top are under `None`.
    pub fn children(&self) -> BTreeMap<Option<CategoryId>, Vec<&Category>> {
        let mut children: BTreeMap<_, Vec<&Category>> = BTreeMap::new();
        for category in self.categories.values() {
            children.entry(category.parent_id()).or_default().push(category);
        }
        for siblings in children.values_mut() {
            siblings.sort_by(|a, b| {
                (a.position, &a.name, a.category_id).cmp(&(b.position, &b.name, b.category_id))
            });
        }
        children
    }

    /// How many levels a category and what is below it take.
    fn height(&self, id: CategoryId) -> usize {
        let levels = |category: &Category| category.chain().iter().position(|above| *above == id);
        self.categories.values().filter_map(levels).max().map_or(1, |distance| distance + 1)
    }

    /// Adds a category.
    ///
    /// # Errors
    /// `category_exists`, `too_many_categories`, `slug_taken`, or what is wrong with its texts or its place.
    pub fn add(&mut self, new: NewCategory) -> Result<Category, Refusal> {
        if self.categories.contains_key(&new.category_id) {
            return Err(Refusal::conflict("category_exists", "A category has this id already."));
        }
        if self.categories.len() >= CATEGORIES_MAX {
            let detail = format!("A shop has at most {CATEGORIES_MAX} categories.");
            return Err(Refusal::conflict("too_many_categories", detail));
        }
        let above = self.place(new.parent_id, 1)?;
        let category = new.into_category(above)?;
        self.check_slug(&category)?;
        self.categories.insert(category.category_id, category.clone());
        Ok(category)
    }

    /// Changes a category; answers it as it is now, and after it those below it where it was moved.
    ///
    /// # Errors
    /// `category_not_found`, `category_cycle`, `slug_taken`, or what is wrong with its texts or its place.
    pub fn change(&mut self, id: CategoryId, change: &CategoryChange) -> Result<Vec<Category>, Refusal> {
        let mut category = self.get(id).ok_or_else(not_found)?.described(change)?;
        self.check_slug(&category)?;
        let mut changed = Vec::new();
        if let Some(parent_id) = change.parent_id.filter(|parent_id| *parent_id != category.parent_id()) {
            if parent_id.is_some_and(|parent_id| self.chain(parent_id).contains(&id)) {
                let detail = "A category cannot be below itself.";
                return Err(Refusal::conflict("category_cycle", detail));
            }
            category.above = self.place(parent_id, self.height(id))?;
            changed.extend(self.below(&category));
        }
        changed.insert(0, category);
        for category in &changed {
            self.categories.insert(category.category_id, category.clone());
        }
        Ok(changed)
    }

    /// Those below a category, at the places that they have now that it was moved.
    fn below(&self, moved: &Category) -> Vec<Category> {
        let mut below = Vec::new();
        for category in self.categories.values() {
            if let Some(distance) = category.above.iter().position(|above| *above == moved.category_id) {
                let mut category = category.clone();
                category.above.truncate(distance);
                category.above.extend(moved.chain());
                below.push(category);
            }
        }
        below
    }

    /// Takes a category out that has nothing below it.
    ///
    /// # Errors
    /// `category_not_found`, or `category_not_empty`.
    pub fn remove(&mut self, id: CategoryId, has_products: bool) -> Result<(), Refusal> {
        self.get(id).ok_or_else(not_found)?;
        let has_children = self.categories.values().any(|category| category.parent_id() == Some(id));
        if has_children || has_products {
            let detail = "There are categories or products in it. Move them first.";
            return Err(Refusal::conflict("category_not_empty", detail));
        }
        self.categories.remove(&id);
        Ok(())
    }

    fn check_slug(&self, category: &Category) -> Result<(), Refusal> {
        match self.of_slug(&category.slug) {
            Some(other) if other.category_id != category.category_id => {
                Err(Refusal::conflict("slug_taken", "Another category has this slug."))
            }
            _ => Ok(()),
        }
    }

    /// What is above a category with this parent; checks that `height` levels fit there.
    fn place(&self, parent_id: Option<CategoryId>, height: usize) -> Result<Vec<CategoryId>, Refusal> {
        let above = parent_id.map_or_else(Vec::new, |parent_id| self.chain(parent_id));
        if parent_id.is_some() && above.is_empty() {
            return Err(Refusal::invalid("parent_not_found", "There is no such parent category."));
        }
        if above.len() + height > DEPTH_MAX {
            let detail = format!("The tree of categories has at most {DEPTH_MAX} levels.");
            return Err(Refusal::conflict("category_too_deep", detail));
        }
        Ok(above)
    }
}

fn not_found() -> Refusal {
    Refusal::not_found("category_not_found", "There is no such category.")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{CATEGORIES_MAX, CategoryChange, CategoryId, DEPTH_MAX, NewCategory, Tree};

    fn id(number: usize) -> CategoryId {
        CategoryId(Uuid::from_u128(number as u128))
    }

    fn new(number: usize, parent: Option<usize>) -> NewCategory {
        let name = format!("Category {number}");
        NewCategory { category_id: id(number), parent_id: parent.map(id), slug: None, name, position: 0 }
    }

    fn moved(parent: Option<usize>) -> CategoryChange {
        CategoryChange { parent_id: Some(parent.map(id)), ..CategoryChange::default() }
    }

    /// 1 > 2 > 3 > 4, and 5 beside them.
    fn tree() -> Tree {
        let mut tree = Tree::default();
        for (number, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, None)] {
            tree.add(new(number, parent)).expect("added");
        }
        tree
    }

    #[test]
    fn a_category_is_never_below_itself() {
        let mut tree = tree();
        for parent in [1, 2, 4] {
            assert_eq!(
                tree.change(id(1), &moved(Some(parent))).expect_err("a circle").code,
                "category_cycle"
            );
        }
        assert_eq!(tree.chain(id(4)), [4, 3, 2, 1].map(id));
        tree.change(id(4), &moved(Some(5))).expect("moved");
        assert_eq!(tree.chain(id(4)), [4, 5].map(id));
        tree.change(id(4), &moved(None)).expect("moved to the top");
        assert_eq!(tree.chain(id(4)), [id(4)]);
    }

    #[test]
    fn the_tree_is_no_deeper_than_its_bound_wherever_it_is_moved() {
        let mut tree = tree();
        for number in 6..=DEPTH_MAX + 1 {
            tree.add(new(number, Some(number - 1))).expect("added");
        }
        // 5 has DEPTH_MAX - 3 levels now, 4 is on the fourth.
        assert_eq!(tree.change(id(5), &moved(Some(4))).expect_err("too deep").code, "category_too_deep");
        tree.change(id(5), &moved(Some(3))).expect("moved");
        let deepest = DEPTH_MAX + 1;
        assert_eq!(tree.chain(id(deepest)).len(), DEPTH_MAX);
        assert_eq!(tree.add(new(99, Some(deepest))).expect_err("too deep").code, "category_too_deep");
    }

    #[test]
    fn slugs_and_places_are_checked() {
        let mut tree = tree();
        let renamed =
            |slug: &str| CategoryChange { slug: Some(slug.to_owned()), ..CategoryChange::default() };
        assert_eq!(tree.change(id(1), &renamed("category-2")).expect_err("taken").code, "slug_taken");
        assert_eq!(tree.change(id(1), &renamed("A b")).expect_err("no slug").code, "slug_invalid");
        assert_eq!(tree.change(id(1), &renamed("category-1")).expect("its own")[0].slug, "category-1");
        assert_eq!(tree.change(id(9), &renamed("x")).expect_err("unknown").code, "category_not_found");
        assert_eq!(tree.add(new(9, Some(8))).expect_err("unknown").code, "parent_not_found");
        assert_eq!(tree.change(id(1), &moved(Some(8))).expect_err("unknown").code, "parent_not_found");
        assert_eq!(tree.add(new(1, None)).expect_err("known").code, "category_exists");
    }

    #[test]
    fn what_holds_something_is_not_removed() {
        let mut tree = tree();
        assert_eq!(tree.remove(id(3), false).expect_err("children").code, "category_not_empty");
        assert_eq!(tree.remove(id(4), true).expect_err("products").code, "category_not_empty");
        tree.remove(id(4), false).expect("empty");
        tree.remove(id(3), false).expect("empty now");
        assert_eq!(tree.remove(id(3), false).expect_err("gone").code, "category_not_found");
    }

    #[test]
    fn there_is_an_end_to_categories() {
        let mut tree = Tree::default();
        for number in 0..CATEGORIES_MAX {
            tree.add(new(number, None)).expect("added");
        }
        assert_eq!(tree.add(new(CATEGORIES_MAX, None)).expect_err("too many").code, "too_many_categories");
    }
}
