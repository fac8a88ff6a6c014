using Microsoft.ML.Implicit.Native;
using Mono.Cecil;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>Which namespace may use which: the arrows point one way, from what users name to what everything is made of.</summary>
[TestClass]
public sealed class ArchitectureTests
{
    private const string Root = "Microsoft.ML.Implicit";

    // From the bottom to the top; a namespace uses those named with it, what these use, and the namespaces within itself.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Native"] = [],
        ["Numerics"] = ["Native"],
        ["Solvers"] = ["Numerics"],
        ["Solvers.FixedPoint"] = ["Solvers"],
        ["LinearAlgebra"] = ["Solvers.FixedPoint"],
        ["Differentiation"] = ["LinearAlgebra"],
        ["Roots"] = ["Differentiation"],
        ["Solvers.Ode"] = ["Roots"],
        ["Solvers.Sde"] = ["Solvers.Ode"],
        ["Solvers.Quadratic"] = ["LinearAlgebra"],
        ["Solvers.Conic"] = ["LinearAlgebra"],
        ["Layers.Ode"] = ["Solvers.Ode"],
        ["Layers.Flow"] = ["Layers.Ode"],
        ["Layers.Fields"] = ["Layers.Ode"],
        ["Layers.LatentOde"] = ["Layers.Ode"],
        ["Layers.Series"] = ["Layers.LatentOde"],
        ["Layers.Sde"] = ["Layers.Ode", "Solvers.Sde"],
        ["Layers.LatentSde"] = ["Layers.LatentOde", "Layers.Sde"],
        ["Layers.Equilibrium"] = ["Roots"],
        ["Layers.Quadratic"] = ["Roots", "Solvers.Quadratic"],
        ["Layers.Conic"] = ["Roots", "Solvers.Conic"],
        ["Modelling"] = ["Layers.Conic"],
        ["Solvers.Optimization"] = ["Roots", "Solvers.Quadratic"],
        ["Solvers.Satisfiability"] = ["Solvers"],
        ["Layers.Satisfiability"] = ["Differentiation", "Solvers.Satisfiability"],
        ["Layers.Optimization"] = ["Solvers.Optimization"],
        ["Solvers.Relaxations"] = ["Solvers"],
        ["Layers.Relaxations"] = ["Solvers.Relaxations", "Layers.Optimization"],
        ["Modelling.Curves"] = ["Layers.Optimization"],
        ["Persistence"] = ["Native"],
        ["Onnx"] = ["Solvers.FixedPoint", "Solvers.Ode"],
        ["Data"] = ["Persistence", "Onnx"],
        ["Training"] = ["Data", "Solvers"],
        ["Estimators"] = ["Training", "Layers.Flow", "Layers.LatentOde", "Layers.Series", "Layers.Equilibrium", "Layers.Quadratic", "Modelling", "Layers.Fields", "Modelling.Curves", "Layers.Relaxations", "Layers.LatentSde", "Layers.Satisfiability"],
    };

    // These know ML.NET; what is below them is of use without it.
    private static readonly string[] KnowsMLNet = ["Persistence", "Onnx", "Data", "Training", "Estimators"];

    [TestMethod]
    public void Namespaces_use_only_those_below_them()
    {
        string[] wrong = [.. References().Where(reference => Part(reference.To) is { } to && !MayUse(Part(reference.From)!, to)).Select(Sentence)];
        Assert.IsEmpty(wrong, string.Join(Environment.NewLine, wrong));
    }

    [TestMethod]
    public void Solvers_and_layers_know_nothing_of_pipelines()
    {
        string[] wrong =
        [
            .. References().Where(reference => !KnowsMLNet.Contains(Part(reference.From)) && IsMLNet(reference.To)).Select(Sentence),
        ];
        Assert.IsEmpty(wrong, string.Join(Environment.NewLine, wrong));
    }

    [TestMethod]
    public void Every_namespace_has_its_place()
    {
        using ModuleDefinition library = Library();
        string[] unknown = [.. library.Types.Where(type => IsOurs(type) && Part(type) is null).Select(type => type.FullName)];
        Assert.IsEmpty(unknown, string.Join(Environment.NewLine, unknown));
        Assert.IsFalse(MayUse("Native", "Estimators"));
        Assert.IsFalse(MayUse("Solvers.Ode", "Layers.Ode"));
        Assert.IsTrue(MayUse("Estimators", "Native"));
    }

    private static (TypeReference From, TypeReference To)[] References()
    {
        using ModuleDefinition library = Library();
        return [.. NamespaceReferences.Of(library).Where(reference => IsOurs(reference.From) && Part(reference.From) is not null)];
    }

    private static ModuleDefinition Library() => ModuleDefinition.ReadModule(typeof(NativeBackend).Assembly.Location);

    private static string Sentence((TypeReference From, TypeReference To) reference) => $"{reference.From.FullName} uses {reference.To.FullName}";

    private static bool IsOurs(TypeReference type) => type.Namespace.StartsWith(Root, StringComparison.Ordinal);

    private static bool IsMLNet(TypeReference type) => type.Scope is AssemblyNameReference { Name: var name } && name.StartsWith("Microsoft.ML", StringComparison.Ordinal);

    // The longest name in the table that a namespace is or lies within.
    private static string? Part(TypeReference type) => IsOurs(type)
        ? Arrows.Keys.Where(part => $"{type.Namespace}.".StartsWith($"{Root}.{part}.", StringComparison.Ordinal)).MaxBy(part => part.Length)
        : null;

    private static bool MayUse(string from, string to) => from == to || Arrows[from].Any(below => MayUse(below, to));
}
