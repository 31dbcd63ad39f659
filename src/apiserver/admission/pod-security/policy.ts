// SPDX-License-Identifier: Apache-2.0

import { fieldError, type FieldError } from "../../../apimachinery/index.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** A level of the Pod Security Standards as of a minor version of Kubernetes; "latest" is the one that is served. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number | "latest";
}

/** What the labels of a namespace say of its pods. */
export interface PodSecurityPolicy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
  /** About labels that cannot be understood; the policy is complete all the same. */
  readonly errors: readonly FieldError[];
}

type Labels = Readonly<Record<string, string>>;

const PREFIX = "pod-security.kubernetes.io/";
const LEVELS: readonly string[] = ["privileged", "baseline", "restricted"] satisfies readonly Level[];
const VERSION = /^v1\.(0|[1-9]\d*)$/;
const PRIVILEGED: LevelVersion = { level: "privileged", minor: "latest" };
const OPEN: PodSecurityPolicy = { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED, errors: [] };

/** `restricted:v1.30` */
export const levelVersionText = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === "latest" ? minor : `v1.${minor}`}`;

export const sameLevelVersion = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.minor === b.minor;

/** Whether the first level asks for more than the second. */
export const isStricter = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b);

/** Reads the two labels of one mode; a level that is none counts as `fallback`. */
function readMode(labels: Labels, mode: string, fallback: Level, errors: FieldError[]): LevelVersion {
  const problem = (label: string, value: string, detail: string) =>
    errors.push(fieldError.invalid(`metadata.labels[${label}]`, value, detail));
  const level = labels[PREFIX + mode];
  const isLevel = level === undefined || LEVELS.includes(level);
  if (!isLevel) problem(PREFIX + mode, level, `must be one of ${LEVELS.join(", ")}`);
  const versionLabel = `${PREFIX}${mode}-version`;
  const version = labels[versionLabel] ?? "latest";
  const minor = VERSION.exec(version)?.[1];
  if (version !== "latest" && minor === undefined) problem(versionLabel, version, 'must be "latest" or "v1.x"');
  return {
    level: isLevel ? ((level as Level | undefined) ?? "privileged") : fallback,
    minor: minor === undefined ? "latest" : Number(minor),
  };
}

function hasLabel(labels: Labels): boolean {
  for (const label in labels) if (label.startsWith(PREFIX)) return true;
  return false;
}

/**
 * The policy of a namespace. What cannot be understood is enforced as restricted, and neither audited nor warned of.
 * Where nothing is said of warnings, those are of what is enforced.
 */
export function policyOf(labels: Labels | undefined): PodSecurityPolicy {
  if (!labels || !hasLabel(labels)) return OPEN;
  const errors: FieldError[] = [];
  const enforce = readMode(labels, "enforce", "restricted", errors);
  const isUnderstood = errors.every(({ field }) => field !== `metadata.labels[${PREFIX}enforce]`);
  const audit = readMode(labels, "audit", "privileged", errors);
  const warn = readMode(labels, "warn", "privileged", errors);
  const warnsOfEnforced =
    labels[`${PREFIX}warn`] === undefined && labels[`${PREFIX}enforce`] !== undefined && isUnderstood;
  if (!warnsOfEnforced || !isStricter(enforce.level, warn.level)) return { enforce, audit, warn, errors };
  const minor = labels[`${PREFIX}warn-version`] === undefined ? enforce.minor : warn.minor;
  return { enforce, audit, warn: { level: enforce.level, minor }, errors };
}

export const isPrivileged = ({ level }: LevelVersion): boolean => level === "privileged";
