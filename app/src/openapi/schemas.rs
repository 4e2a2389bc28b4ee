//! Schemas that say what the JSON is: where the derivation says too much, it is taken back.

use utoipa::openapi::{
    Components, Object, RefOr, Schema,
    request_body::RequestBody,
    schema::{AdditionalProperties, ArrayItems, SchemaType, Type},
};

/// A field of an inlined type with words of its own becomes all of two schemas, of which the second has the words alone, and is
/// said to be an object. A word of an enumeration is none, so nothing would be right for both.
pub(super) fn words_are_no_objects(components: &mut Components) {
    components.schemas.values_mut().for_each(mend);
}

fn mend(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(mend);
            if let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref_mut() {
                mend(values);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                mend(items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(mend),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(mend),
        Schema::AllOf(all) => {
            all.items.iter_mut().for_each(mend);
            all.items.iter_mut().for_each(|item| {
                if let RefOr::T(Schema::Object(object)) = item
                    && is_words_alone(object)
                {
                    object.schema_type = SchemaType::AnyValue;
                }
            });
        }
        _ => {}
    }
}

fn is_words_alone(object: &Object) -> bool {
    let said = serde_json::to_value(object).unwrap_or_default();
    object.schema_type == SchemaType::Type(Type::Object)
        && said.as_object().is_some_and(|said| said.keys().all(|key| key == "type" || key == "description"))
}

/// Whether no body does as well as an empty object: no field of it must be there.
pub(super) fn may_be_left_out(body: &RequestBody, components: &Components) -> bool {
    let needs_nothing = |schema: &RefOr<Schema>| {
        let known = match schema {
            RefOr::Ref(known) => {
                known.ref_location.rsplit('/').next().and_then(|name| components.schemas.get(name))
            }
            inline => Some(inline),
        };
        matches!(known, Some(RefOr::T(Schema::Object(object))) if object.required.is_empty())
    };
    body.content.values().all(|content| match content {
        RefOr::T(content) => content.schema.as_ref().is_some_and(needs_nothing),
        RefOr::Ref(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::openapi::{Components, request_body::RequestBody};

    use super::{may_be_left_out, words_are_no_objects};

    fn components(schemas: Value) -> Components {
        serde_json::from_value(json!({ "schemas": schemas })).expect("components")
    }

    #[test]
    fn words_of_a_field_make_no_object_of_it() {
        let word = json!({"type": "string", "enum": ["active", "disabled"]});
        let mut view = components(json!({"View": {"type": "object", "properties": {
            "status": {"allOf": [word, {"type": "object", "description": "What it is at."}]},
            "other": {"allOf": [word, {"type": "object", "properties": {"a": {"type": "string"}}}]}}}}));
        words_are_no_objects(&mut view);
        let view = serde_json::to_value(&view).expect("JSON");
        let properties = &view["schemas"]["View"]["properties"];
        assert_eq!(properties["status"], json!({"allOf": [word, {"description": "What it is at."}]}));
        assert_eq!(properties["other"]["allOf"][1]["type"], "object");
    }

    #[test]
    fn a_body_whose_fields_may_all_be_missing_may_be_missing() {
        let components = components(json!({
            "Free": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Bound": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}));
        for (name, may) in [("Free", true), ("Bound", false), ("Unknown", false)] {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            let body: RequestBody =
                serde_json::from_value(json!({"content": {"application/json": {"schema": schema}}}))
                    .expect("a body");
            assert_eq!(may_be_left_out(&body, &components), may, "{name}");
        }
    }
}
