//! The OpenAPI document: what calls have in common is added here, so that a handler's annotation says only what is its own.
//!
//! Must not know single calls: what is added follows from a call's shape, so that a new one gets it too.

use std::collections::BTreeSet;

use app::model::Scope;
use http::StatusCode;
use utoipa::{
    IntoParams, PartialSchema as _, ToSchema as _,
    openapi::{
        Components, ContentBuilder, HeaderBuilder, InfoBuilder, KnownFormat, ObjectBuilder, OpenApi, Ref,
        RefOr, Required, Response, SchemaFormat, ServerBuilder, Type,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

use super::Problem;

/// Where the calls stand.
pub const BASE: &str = "/api/v1";
const PROBLEM: &str = "application/problem+json";

/// Groups of calls, in the order in which they are shown.
pub mod tag {
    /// Tokens for API clients.
    pub const SIGN_IN: &str = "Sign-in";
    /// A person's own account.
    pub const ACCOUNT: &str = "Account";
    /// Agents.
    pub const AGENTS: &str = "Agents";
    /// Projects, their runs, logs and texts.
    pub const PROJECTS: &str = "Projects";
    /// Keys for model providers.
    pub const KEYS: &str = "API keys";
    /// A person's things at a glance.
    pub const OVERVIEW: &str = "Overview";
    /// For admins only: the matrix of rights checks that these calls refuse others.
    pub const ADMINISTRATION: &str = "Administration";

    /// All groups with what they are about.
    pub const ALL: [(&str, &str); 7] = [
        (SIGN_IN, "Tokens for API clients."),
        (ACCOUNT, "Your own account, and the one-time links that lead to one."),
        (AGENTS, "Agents: templates from which instances are started."),
        (PROJECTS, "Projects: their runs, logs, texts, changes and cost."),
        (KEYS, "Keys for model providers; a stored key is never shown again."),
        (OVERVIEW, "Your things at a glance."),
        (ADMINISTRATION, "For admins: users, invitations, security events, isolation."),
    ];
}

/// The header of a change that is to be made only to what was seen.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document is made from it; requests are read by `conditional`")]
pub struct IfMatch {
    /// `ETag` of what is to be changed; if it was changed meanwhile, nothing is done.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// The header of a question to which the answer may be "as you have it".
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document is made from it; requests are read by `conditional`")]
pub struct IfNoneMatch {
    /// `ETag` of what you have; if it is still the same, the answer is 304.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// The header of a request that is carried out once, however often it is sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document is made from it; requests are read by `idempotency`")]
struct IdempotencyKey {
    /// A random text of your own: within 24 hours, the same request with the same key is answered again, not carried out
    /// again.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

const ABOUT: &str = "The JSON API of this AutoCode installation.\n\n\
    Refusals are problems (RFC 9457) of type `application/problem+json`; what belongs to somebody else is not found. \
    Ids are whole numbers, times are RFC 3339 in UTC, money is in millionths of a US dollar.\n\n\
    Lists come in parts: follow `Link: <…>; rel=\"next\"` until there is none. What has an `ETag` is changed only as you saw \
    it if you send the tag as `If-Match`. A POST with an `Idempotency-Key` may be sent again without being carried out \
    again.\n\n\
    Scripts sign in with a personal access token from the settings page; which scope a call needs stands with it.";

/// The document of these calls, ready to be published.
pub fn complete(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("AutoCode")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    api.servers = Some(vec![ServerBuilder::new().url(BASE).build()]);
    let tags = tag::ALL.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    api.tags = Some(tags.into());
    let components = api.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.security_schemes.extend(security_schemes());
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            complete_operation(path, method, operation);
        }
    }
    api
}

fn security_schemes() -> [(String, SecurityScheme); 3] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token from `/auth/login`, good for 15 minutes."));
    let cookie = ApiKeyValue::with_description(
        "autocode_access",
        "The cookie of a signed-in browser (`__Host-autocode_access` over HTTPS).",
    );
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A personal access token, `autocode_pat_…`, with the scopes that a call names."));
    [
        ("token".to_owned(), SecurityScheme::Http(token.build())),
        ("bearer".to_owned(), SecurityScheme::Http(bearer.build())),
        ("cookie".to_owned(), SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
    ]
}

/// The calls of a path with their methods.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Whether anybody may call it.
pub fn is_public(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|all| all.contains(&SecurityRequirement::default()))
}

fn complete_operation(path: &str, method: &str, operation: &mut Operation) {
    add_row_id(path, operation);
    let mut statuses: BTreeSet<u16> = [429, 500, 503].into();
    if is_public(operation) {
        // Refused when another site made a browser send it.
        statuses.extend((method != "get").then_some(403));
    } else {
        statuses.extend([401, 403]);
        let admin = operation.tags.iter().flatten().any(|tag| tag == tag::ADMINISTRATION);
        let mut scopes = vec![if method == "get" { Scope::Read } else { Scope::Write }];
        scopes.extend(admin.then_some(Scope::Admin));
        let all = [
            SecurityRequirement::new("bearer", [] as [&str; 0]),
            SecurityRequirement::new("cookie", [] as [&str; 0]),
            SecurityRequirement::new("token", scopes.into_iter().map(Scope::as_str)),
        ];
        operation.security.get_or_insert_with(|| all.into());
        if method == "post" {
            statuses.extend([400, 409, 413, 422]);
            let key = IdempotencyKey::into_params(|| Some(ParameterIn::Header));
            operation.parameters.get_or_insert_default().extend(key);
        }
    }
    let has = |place: &ParameterIn| {
        operation.parameters.iter().flatten().any(|parameter| parameter.parameter_in == *place)
    };
    statuses.extend(has(&ParameterIn::Path).then_some(404));
    if has(&ParameterIn::Query) {
        statuses.extend([400, 422]);
    }
    if operation.request_body.is_some() {
        statuses.extend([400, 413, 415, 422]);
    }
    let has = |name: &str| operation.parameters.iter().flatten().any(|parameter| parameter.name == name);
    let (if_match, if_none_match, paged) =
        (has("If-Match"), has("If-None-Match"), has("limit") && has("after"));
    statuses.extend(if_match.then_some(412));
    statuses.extend(if_none_match.then_some(304));
    for status in statuses {
        let fresh = || RefOr::T(Response::default());
        operation.responses.responses.entry(status.to_string()).or_insert_with(fresh);
    }
    for (status, response) in &mut operation.responses.responses {
        if let (RefOr::T(response), Ok(status)) = (response, status.parse()) {
            complete_response(status, response);
            let tagged = if_match || if_none_match;
            if tagged && matches!(status, 200 | 304 | 412) {
                add_header(response, "ETag", Type::String, "Version of what is there.");
            }
            if paged && status == 200 {
                add_header(response, "Link", Type::String, "Addresses of other parts of the list.");
            }
        }
    }
}

/// A `{id}` that the annotation says nothing about is a row id.
fn add_row_id(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    if path.contains("{id}") && !parameters.iter().any(|p| p.name == "id") {
        let id = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        parameters.insert(
            0,
            ParameterBuilder::new()
                .name("id")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("Row id."))
                .schema(Some(id.build()))
                .build(),
        );
    }
}

/// Refusals are problems; an answer without words gets those of its status.
fn complete_response(status: u16, response: &mut Response) {
    if status >= 400 && response.content.is_empty() {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
        response.content.insert(PROBLEM.to_owned(), problem.build());
    }
    if status == 429 {
        add_header(response, "Retry-After", Type::Integer, "Seconds to wait.");
    }
    if response.description.is_empty() {
        response.description = words(status).to_owned();
    }
}

fn add_header(response: &mut Response, name: &str, kind: Type, about: &str) {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    let header = HeaderBuilder::new().schema(schema).description(Some(about)).build();
    response.headers.entry(name.to_owned()).or_insert(header);
}

/// What a status means here.
fn words(status: u16) -> &'static str {
    match status {
        200 => "Done.",
        201 => "Created.",
        202 => "Accepted; it goes on in the background.",
        204 => "Done; there is nothing to say.",
        304 => "It is as you have it.",
        400 => "The request cannot be read.",
        401 => "No valid sign-in.",
        403 => {
            "Not allowed: it is for admins, the token lacks a scope, or another site made the browser send it."
        }
        404 => "There is no such thing, or it is another user's.",
        409 => "It contradicts what is there.",
        412 => "It was changed meanwhile.",
        413 => "The body is larger than 1 MiB.",
        415 => "The body is not JSON.",
        422 => "The input is not acceptable; `errors` names the fields.",
        428 => "It must be said which version is replaced.",
        429 => "Too many requests, or too many attempts at a secret.",
        500 => "A fault of the server; its log says more.",
        503 => "Another part does not answer now; try again later.",
        other => StatusCode::from_u16(other).ok().and_then(|s| s.canonical_reason()).unwrap_or_default(),
    }
}
