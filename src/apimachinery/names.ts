// SPDX-License-Identifier: Apache-2.0

/**
 * The formats of names, labels and keys, as k8s.io/apimachinery/pkg/util/validation has them. Each function answers the
 * messages of what is wrong; none when nothing is.
 */

export const DNS1123_LABEL_MAX_LENGTH = 63;
export const DNS1123_SUBDOMAIN_MAX_LENGTH = 253;
const DNS1035_LABEL_MAX_LENGTH = 63;
const LABEL_KEY_NAME_MAX_LENGTH = 63;
const LABEL_VALUE_MAX_LENGTH = 63;
const PORT_NAME_MAX_LENGTH = 15;

/** The length in bytes of UTF-8, which is what Go's len counts. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (code < 0xd800 || code > 0xdbff) bytes += code >= 0xdc00 && code <= 0xdfff ? 1 : 2;
    else bytes += 1;
  }
  return bytes;
}

/** What upstream calls the unit of a length: "bytes" where a rule is declared with the type, else "characters". */
export type LengthUnit = "bytes" | "characters";

/** `must be no more than N characters`. */
export const maxLengthMessage = (length: number, unit: LengthUnit = "characters"): string =>
  `must be no more than ${length} ${unit}`;
/** `must be non-empty`. */
export const EMPTY_MESSAGE = "must be non-empty";
/** `must be between LO and HI, inclusive`. */
export const inclusiveRangeMessage = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`;

/** Upstream's sentence about a regular expression and its examples. */
export function regexMessage(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${list}regex used for validation is '${format}')`;
}

const DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const UNDERSCORE_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;
const DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const WILDCARD_SUBDOMAIN = `\\*\\.${DNS1123_SUBDOMAIN}`;
const LABEL_KEY_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${LABEL_KEY_NAME})?`;

const whole = (format: string, flags = ""): RegExp => new RegExp(`^(?:${format})$`, flags);
const DNS1123_LABEL_REGEX = whole(DNS1123_LABEL);
const DNS1123_SUBDOMAIN_REGEX = whole(DNS1123_SUBDOMAIN);
const UNDERSCORE_SUBDOMAIN_REGEX = whole(UNDERSCORE_SUBDOMAIN);
const DNS1035_LABEL_REGEX = whole(DNS1035_LABEL);
const WILDCARD_SUBDOMAIN_REGEX = whole(WILDCARD_SUBDOMAIN);
const LABEL_KEY_NAME_REGEX = whole(LABEL_KEY_NAME);
const LABEL_VALUE_REGEX = whole(LABEL_VALUE);

const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const NO_ERRORS: string[] = [];

export function dns1123LabelErrors(value: string, unit: LengthUnit = "characters"): string[] {
  if (value.length <= DNS1123_LABEL_MAX_LENGTH && DNS1123_LABEL_REGEX.test(value)) return NO_ERRORS;
  const errors: string[] = [];
  if (byteLength(value) > DNS1123_LABEL_MAX_LENGTH) errors.push(maxLengthMessage(DNS1123_LABEL_MAX_LENGTH, unit));
  if (!DNS1123_LABEL_REGEX.test(value)) {
    if (DNS1123_SUBDOMAIN_REGEX.test(value)) errors.push("must not contain dots");
    else
      errors.push(
        regexMessage(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          DNS1123_LABEL,
          "my-name",
          "123-abc",
        ),
      );
  }
  return errors;
}

function formatErrors(
  value: string,
  maxLength: number,
  regex: RegExp,
  message: () => string,
  unit: LengthUnit = "characters",
): string[] {
  if (value.length <= maxLength && regex.test(value)) return NO_ERRORS;
  const errors: string[] = [];
  if (byteLength(value) > maxLength) errors.push(maxLengthMessage(maxLength, unit));
  if (!regex.test(value)) errors.push(message());
  return errors;
}

export const dns1123SubdomainErrors = (value: string, unit: LengthUnit = "characters"): string[] =>
  formatErrors(
    value,
    DNS1123_SUBDOMAIN_MAX_LENGTH,
    DNS1123_SUBDOMAIN_REGEX,
    () => regexMessage(SUBDOMAIN_MESSAGE, DNS1123_SUBDOMAIN, "example.com"),
    unit,
  );

export const underscoreDns1123SubdomainErrors = (value: string): string[] =>
  formatErrors(value, DNS1123_SUBDOMAIN_MAX_LENGTH, UNDERSCORE_SUBDOMAIN_REGEX, () =>
    regexMessage(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
      UNDERSCORE_SUBDOMAIN,
      "example.com",
    ),
  );

export const dns1035LabelErrors = (value: string): string[] =>
  formatErrors(value, DNS1035_LABEL_MAX_LENGTH, DNS1035_LABEL_REGEX, () =>
    regexMessage(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      DNS1035_LABEL,
      "my-name",
      "abc-123",
    ),
  );

export const wildcardDns1123SubdomainErrors = (value: string): string[] =>
  formatErrors(value, DNS1123_SUBDOMAIN_MAX_LENGTH, WILDCARD_SUBDOMAIN_REGEX, () =>
    regexMessage(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      WILDCARD_SUBDOMAIN,
      "*.example.com",
    ),
  );

const keyMessage = (): string =>
  regexMessage(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    LABEL_KEY_NAME,
    "MyName",
    "my.name",
    "123-abc",
  );

/** A label's key, an annotation's key, a finalizer: a name with an optional DNS subdomain and "/" before it. */
export function qualifiedNameErrors(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2)
    return [
      `a valid label key ${keyMessage()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const errors: string[] = [];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    if (parts[0] === "") errors.push(`prefix part ${EMPTY_MESSAGE}`);
    else errors.push(...dns1123SubdomainErrors(parts[0]!, "bytes").map((message) => `prefix part ${message}`));
  }
  if (name === "") errors.push(`name part ${EMPTY_MESSAGE}`);
  else if (byteLength(name) > LABEL_KEY_NAME_MAX_LENGTH)
    errors.push(`name part ${maxLengthMessage(LABEL_KEY_NAME_MAX_LENGTH, "bytes")}`);
  if (!LABEL_KEY_NAME_REGEX.test(name)) errors.push(`name part ${keyMessage()}`);
  return errors;
}

export const labelValueErrors = (value: string): string[] =>
  formatErrors(
    value,
    LABEL_VALUE_MAX_LENGTH,
    LABEL_VALUE_REGEX,
    () =>
      regexMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        "MyValue",
        "my_value",
        "12345",
      ),
    "bytes",
  );

const CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+";
const CONFIG_MAP_KEY_REGEX = whole(CONFIG_MAP_KEY);

function directoryErrors(value: string): string[] {
  if (value === "." || value === "..") return [`must not be '${value}'`];
  return value.startsWith("..") ? ["must not start with '..'"] : NO_ERRORS;
}

/** A key of a ConfigMap or Secret, which may become a file. */
export function configMapKeyErrors(value: string): string[] {
  const errors = formatErrors(value, DNS1123_SUBDOMAIN_MAX_LENGTH, CONFIG_MAP_KEY_REGEX, () =>
    regexMessage(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      CONFIG_MAP_KEY,
      "key.name",
      "KEY_NAME",
      "key-name",
    ),
  );
  return [...errors, ...directoryErrors(value)];
}

/** Environment variable names since v1.32: anything printable in ASCII but "=". */
export function relaxedEnvVarNameErrors(value: string): string[] {
  if (value === "") return [`environment variable name ${EMPTY_MESSAGE}`];
  return /^[ -<>-~]*$/.test(value)
    ? NO_ERRORS
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The name of a container's or service's port (IANA service name). */
export function portNameErrors(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > PORT_NAME_MAX_LENGTH) errors.push(maxLengthMessage(PORT_NAME_MAX_LENGTH));
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export const portNumberErrors = (port: number): string[] =>
  port >= 1 && port <= 65535 ? NO_ERRORS : [inclusiveRangeMessage(1, 65535)];

const MAX_ID = 2 ** 31 - 1;

/** A user or group id. */
export const idErrors = (id: number): string[] =>
  id >= 0 && id <= MAX_ID ? NO_ERRORS : [inclusiveRangeMessage(0, MAX_ID)];

const HTTP_HEADER_NAME = "[-A-Za-z0-9]+";
const HTTP_HEADER_NAME_REGEX = whole(HTTP_HEADER_NAME);

export const httpHeaderNameErrors = (value: string): string[] =>
  HTTP_HEADER_NAME_REGEX.test(value)
    ? NO_ERRORS
    : [
        regexMessage(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          HTTP_HEADER_NAME,
          "X-Header-Name",
        ),
      ];

const PERCENT = "[0-9]+%";
const PERCENT_REGEX = whole(PERCENT);

export const percentErrors = (value: string): string[] =>
  PERCENT_REGEX.test(value)
    ? NO_ERRORS
    : [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, "1%", "93%")];

const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
const C_IDENTIFIER_REGEX = whole(C_IDENTIFIER);

export const cIdentifierErrors = (value: string): string[] =>
  C_IDENTIFIER_REGEX.test(value)
    ? NO_ERRORS
    : [
        regexMessage(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          C_IDENTIFIER,
          "my_name",
          "MY_NAME",
          "MyName",
        ),
      ];

/** A generateName ends in a dash that the random suffix follows; it is checked as if a letter stood there. */
function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}

/** Checks a metadata.name, or a generateName when `prefix`. */
export type NameCheck = (name: string, prefix: boolean) => string[];

export const nameIsDnsSubdomain: NameCheck = (name, prefix) =>
  dns1123SubdomainErrors(prefix ? maskTrailingDash(name) : name);
/** As nameIsDnsSubdomain, with a length told in bytes: kinds whose names are checked by declared rules. */
export const nameIsLongName: NameCheck = (name, prefix) =>
  dns1123SubdomainErrors(prefix ? maskTrailingDash(name) : name, "bytes");
export const nameIsDnsLabel: NameCheck = (name, prefix) => dns1123LabelErrors(prefix ? maskTrailingDash(name) : name);
export const nameIsDns1035Label: NameCheck = (name, prefix) =>
  dns1035LabelErrors(prefix ? maskTrailingDash(name) : name);

/** The name may be one element of a URL's path: what RBAC kinds and custom names allow. */
export const nameIsPathSegment: NameCheck = (name, prefix) => {
  if (prefix) return ["/", "%"].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`);
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`);
};
