//! The input of actions: it is not in a file, so messages name the action and the key.

use snowman::actions::ACTIONS;
use snowman::actions::callback::check_input;
use snowman::base::value::{Object, Value, json};
use snowman::config::graph_config::GraphConfig;

use super::cases;

/// A graph config with which every action is offered.
fn graph_config() -> GraphConfig {
    let mut config = cases::config();
    config["release-promotion"] =
        json!({"flavors": {"promote": {"target-tasks-method": "promote"}}});
    GraphConfig::read("taskcluster", "config.yml", config.to_string().as_bytes()).unwrap()
}

/// A value that a property takes.
fn sample(property: &Value) -> Value {
    let first = |list: &Value| list.as_array()?.first().cloned();
    let given = first(&property["enum"]).or_else(|| property.get("default").cloned());
    given.unwrap_or_else(|| match property["type"].as_str() {
        Some("integer" | "number") => property.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("text"),
    })
}

#[test]
fn every_error_in_an_input_names_the_action_and_the_key() {
    let config = graph_config();
    let mut wrong = Vec::new();
    let mut count = 0;
    for action in ACTIONS {
        let Some(schema) = (action.schema)(&config) else {
            continue;
        };
        let properties = schema["properties"].as_object().unwrap();
        let required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let right: Value = required
            .iter()
            .map(|key| key.as_str().unwrap())
            .map(|key| (key.to_owned(), sample(&properties[key])))
            .collect::<Object>()
            .into();
        let error_of = |input: Value| match check_input(action, &config, input) {
            Ok(_) => Vec::new(),
            Err(all) => all.iter().map(|d| d.message.clone()).collect(),
        };
        assert!(
            error_of(right.clone()).is_empty(),
            "{}: {:?}",
            action.cb_name,
            error_of(right)
        );
        let mut inputs = Vec::new();
        for key in &required {
            let mut input = right.clone();
            input
                .as_object_mut()
                .unwrap()
                .shift_remove(key.as_str().unwrap());
            inputs.push((key.as_str().unwrap(), input));
        }
        for (key, property) in properties {
            let mut input = right.clone();
            input[key] = if property["type"] == "object" {
                json!(12)
            } else {
                json!({"zz": 1})
            };
            inputs.push((key, input));
        }
        if schema["additionalProperties"] == false {
            let mut input = right.clone();
            input["zz-nobody"] = json!(1);
            inputs.push(("zz-nobody", input));
        }
        for (key, input) in inputs {
            count += 1;
            let error_of = error_of(input);
            let named =
                |message: &String| message.contains(action.cb_name) && message.contains(key);
            if !error_of.iter().any(named) {
                wrong.push(format!("{}, {key}: {error_of:?}", action.cb_name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 15, "only {count} mistakes were made");
}
