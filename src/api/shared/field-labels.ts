// SPDX-License-Identifier: Apache-2.0

/** The message about an unknown field selector of the kinds that list their own. */
export const fieldLabelNotSupported = (label: string): string => `field label not supported: ${label}`;
