//! The transform `mark_as_shipped`: creates tasks that mark a release as shipped in Ship It.
//!
//! The product comes from the task, or else from `shipit.product` in config.yml. The name of the
//! release and the prefix of scopes are derived from config.yml too.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::pyformat::{self, Scope};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::config::keyed_by::{self, Options};
use crate::config::schema::{Schema, Type, optional};
use crate::transform::{Context, Item, Transform, each, fields};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "mozilla_taskgraph.transforms.scriptworker.shipit.mark_as_shipped",
    aliases: &[],
    doc: "creates tasks that mark a release as shipped in Ship It",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

/// The schema of the transform. The product is any value, as in taskgraph.
pub static SCHEMA: Schema = Schema {
    name: "mark_as_shipped",
    fields: &[
        optional(
            "name",
            Type::Str,
            "the label of the task (default: `mark-as-shipped`)",
        ),
        optional(
            "shipit-product",
            Type::Any,
            "the name of the product in Ship It, which may be keyed `by-build-type` (default: `shipit.product` in config.yml)",
        ),
    ],
    open: true,
    exclusive: &[],
};

const NAME: &str = "mark-as-shipped";

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let shipit = Shipit::from_config(context);
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        choose_product(&mut item)?;
        let product = match item.task.shift_remove("shipit-product") {
            Some(product) => product,
            None => shipit.product.clone().unwrap_or_default(),
        };
        if !truthy(&product) {
            let config =
                crate::config::graph_config::join(context.graph_config().root(), "config.yml");
            return Err(item
                .error_at("", "no Ship It product is set")
                .help(format!(
                    "set `shipit-product`, or `shipit.product` in {config}"
                ))
                .into());
        }
        let release = shipit.release(context, &item, &product)?;
        let name = item.task.shift_remove("name").unwrap_or(Value::from(NAME));
        item.task.entry("label").or_insert(name);
        let description = format!("Mark {} as shipped in Ship-It", py_str(&product));
        item.task.insert("description", Value::from(description));
        let scopes = ["action:mark-as-shipped", shipit.server(context)];
        let scopes = scopes.map(|scope| Value::from(format!("{}:{scope}", shipit.scope_prefix)));
        item.task.insert("scopes", Value::from(scopes.to_vec()));
        fields::mapping(&mut item, &["worker"])?.insert("release-name", Value::from(release));
        Ok([item])
    })
}

/// Resolves a product that is keyed by build type.
fn choose_product(item: &mut Item) -> Result<(), Diagnostic> {
    let build_type = match item.task.get("attributes") {
        None => Value::Null,
        Some(Value::Object(attributes)) => {
            attributes.get("build-type").cloned().unwrap_or_default()
        }
        Some(other) => {
            let origin = &item.origin;
            return Err(fields::wrong_type(
                origin,
                &["attributes"],
                "a mapping",
                other,
            ));
        }
    };
    let name = item
        .task
        .get("name")
        .map_or_else(|| NAME.to_owned(), py_str);
    let extra = Object::from_iter([("build-type", build_type)]);
    let options = Options::default();
    keyed_by::resolve(&mut item.task, "shipit-product", &name, &extra, &options).map_err(|error| {
        let mut diagnostic = item.error_at("shipit-product", error.to_string());
        diagnostic.help = error.help();
        diagnostic
    })
}

/// The settings for Ship It in config.yml.
struct Shipit {
    product: Option<Value>,
    release_format: String,
    scope_prefix: String,
}

impl Shipit {
    fn from_config(context: &Context<'_>) -> Self {
        let get = |section: &str, key: &str| {
            let value = context.graph_config().get(section)?.get(key)?;
            Some(value.clone()).filter(|value| !value.is_null())
        };
        let text = |section, key, default: &dyn Fn() -> String| {
            get(section, key).map_or_else(default, |value| py_str(&value))
        };
        Self {
            product: get("shipit", "product"),
            release_format: text("shipit", "release-format", &|| {
                "{product}-{version}-build{build_number}".to_owned()
            }),
            scope_prefix: text("shipit", "scope-prefix", &|| {
                let prefix = text("scriptworker", "scope-prefix", &|| {
                    "project:releng".to_owned()
                });
                format!("{prefix}:ship-it")
            }),
        }
    }

    fn server(&self, context: &Context<'_>) -> &'static str {
        match context.params().level() {
            "3" => "server:production",
            _ => "server:staging",
        }
    }

    /// The name of the release.
    fn release(
        &self,
        context: &Context<'_>,
        item: &Item,
        product: &Value,
    ) -> Result<String, Diagnostic> {
        let params = context.params().values();
        let (unknown, first) = (Value::from("<ver>"), Value::from(1));
        let scope = Scope::default()
            .with("product", product)
            .with("version", params.get("version").unwrap_or(&unknown))
            .with("build_number", params.get("build_number").unwrap_or(&first));
        pyformat::format(&self.release_format, &scope).map_err(|error| {
            let place = crate::base::path::ValuePath::keys(["shipit", "release-format"]);
            Diagnostic::user(error.to_string())
                .at(context
                    .graph_config()
                    .place(&place)
                    .or_else(|| item.origin.own_place()))
                .help("use only `{product}`, `{version}` and `{build_number}` in braces")
        })
    }
}
