/** Recognises, in one module, the expressions that stand for this package's exports. */
import type { Binding, MobulaEntry } from "./binding.ts";
import type { MobulaPredicate } from "./mobula_import.ts";
import type { ModuleSyntax } from "./module_syntax.ts";
import type { Declaration, Scope } from "./scope.ts";
import { field, nameOf, type Syntax, unwrapped } from "./syntax.ts";

export class MobulaNames {
  readonly #module: ModuleSyntax;
  readonly #url: string;
  readonly #isMobula: MobulaPredicate;

  constructor(module: ModuleSyntax, options: { url: string; isMobula: MobulaPredicate }) {
    this.#module = module;
    this.#url = options.url;
    this.#isMobula = options.isMobula;
  }

  /** The export that a declared name stands for: an import of this package, or a name bound to one. */
  bindingOf(declaration: Declaration): Extract<Binding, { kind: "mobula" }> | undefined {
    const { name, imported, kind } = declaration;
    if (kind === "given") {
      const given = this.#module.given.get(name);
      return given?.kind === "mobula" ? given : undefined;
    }
    const specifier = imported && this.#isMobula(imported.specifier, this.#url);
    if (imported === undefined || specifier === undefined) return undefined;
    return { name, kind: "mobula", specifier, export: imported.name };
  }

  /** The name of the main entry's export that an expression stands for: `get`, `ray.get`, an alias. */
  exportOf(expression: Syntax, scope: Scope): string | undefined {
    const node = unwrapped(expression);
    if (node.type === "Identifier") {
      const binding = this.#bindingAt(node, scope);
      return isMain(binding) && binding.export !== "*" ? binding.export : undefined;
    }
    if (node.type !== "MemberExpression" || node.computed === true) return undefined;
    const object = field(node, "object");
    if (object === undefined) return undefined;
    const binding = this.#bindingAt(unwrapped(object), scope);
    return isMain(binding) && (binding.export === "*" || binding.export === "default") ? nameOf(field(node, "property")) : undefined;
  }

  /** The call of `remote(…)` that an initialiser is, if it is one. */
  remoteCall(value: Syntax | undefined): Syntax | undefined {
    const node = value && unwrapped(value);
    if (node?.type !== "CallExpression") return undefined;
    const scope = this.#module.callOf(node)?.scope;
    const callee = field(node, "callee");
    return scope !== undefined && callee !== undefined && this.exportOf(callee, scope) === "remote" ? node : undefined;
  }

  #bindingAt(node: Syntax, scope: Scope): Extract<Binding, { kind: "mobula" }> | undefined {
    const declaration = node.type === "Identifier" ? scope.resolve(nameOf(node) ?? "") : undefined;
    return declaration && this.bindingOf(declaration);
  }
}

function isMain(binding: { specifier: MobulaEntry; export: string } | undefined): binding is { specifier: "."; export: string } {
  return binding?.specifier === ".";
}
