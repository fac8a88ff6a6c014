using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using Mono.Cecil;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>
/// A GPU computes while the host prepares what comes next, until the host reads a number from it. Training loops do so once an epoch: what runs in an epoch, outside the solvers, which
/// decide on the host how to go on, reads nothing from a device.
/// </summary>
[TestClass]
public sealed class HostReadTests
{
    private const string Root = "Microsoft.ML.Implicit";

    private static readonly string[] Solvers = ["Solvers", "Roots", "LinearAlgebra", "Differentiation", "Numerics", "Native"];
    private static readonly string[] Reads = ["item", "data", "cpu", "get_bytes", "tolist", "ToSingle", "ToDouble", "ToInt32", "ToInt64", "ToBoolean"];
    private static readonly string[] OwnReads = [nameof(HeldArithmetic.ReadDouble), nameof(TensorMemory.ReadSingles), nameof(TensorMemory.ReadDoubles)];

    // Methods that read, and why that keeps no GPU waiting in a step.
    private static readonly Dictionary<string, string> Known = new()
    {
        ["ControlledEquationProblem.TrainBatch"] = IndicesOnHost,
        ["FieldProblem.TrainBatch"] = IndicesOnHost,
        ["ForecastProblem.TrainBatch"] = IndicesOnHost,
        ["MechanicsProblem.TrainBatch"] = IndicesOnHost,
        ["ControlledPosterior.Draw"] = DrawnOnHost,
        ["NeuralOdeNetwork.EndTime"] = DrawnOnHost,
        ["PredictionProblem.Shift"] = DrawnOnHost,
        ["GruEncoding..ctor"] = ComputedOnHost,
        ["GruEncoding.Backward"] = ComputedOnHost,
        ["GruEncoding.ReadAll"] = ComputedOnHost,
        ["ManagedGru..ctor"] = ComputedOnHost,
        ["ManagedDiffusion..ctor"] = ComputedOnHost,
        ["ManagedLatentPaths..ctor"] = ComputedOnHost,
        ["ManagedMotionSolution..ctor"] = ComputedOnHost,
        ["LatentSdeNetwork.Simulate"] = ComputedOnHost,
        ["Blocks.Find"] = "The pools of an isotonic regression are found on the host, as by a solver.",
        ["ConeDecisionProblem.Losses"] = "Cone programs are solved on the host.",
        ["DecisionSet.ThrowIfFailed"] = "The place of a row that has no solution, with which training ends.",
        ["NetworkTuner.EndEpoch"] = OnceAnEpoch,
        ["PredictionProblem.Validate"] = OnceAnEpoch,
        ["MechanicsProblem.Validate"] = OnceAnEpoch,
        ["TensorMotionSolution.FindSoundRows"] = "Which motions stayed near is told on the host, as by a solver.",
        ["SatisfiabilityProblem.TakeSolverIterations"] = OnceAnEpoch,
        ["PathResolution.Choose"] = "Once a validation: how many steps are taken is decided by what twice as many change.",
        ["ControlledDynamics.forward"] = OfUsersModules,
        ["NeuralOde.RowsOf"] = OfUsersModules,
        ["NeuralOde.ToDoubles"] = OfUsersModules,
        ["MaximumSatisfiability.Solve"] = OfUsersModules,
        ["DensityNetwork.Group"] = "Scoring alone.",
    };

    private const string IndicesOnHost = "The indices of a batch's examples are in host memory.";
    private const string DrawnOnHost = "Random numbers are drawn in host memory.";
    private const string ComputedOnHost = "Chosen where the network is in host memory.";
    private const string OnceAnEpoch = "Once an epoch.";
    private const string OfUsersModules = "What users compose their own modules of, which no trainer calls.";

    [TestMethod]
    public void An_epoch_of_training_reads_nothing_from_the_device_before_its_end()
    {
        using ModuleDefinition library = ModuleDefinition.ReadModule(typeof(ITrainingProblem).Assembly.Location);
        var graph = new CallGraph(library, type => !Solvers.Any(part => $"{type.Namespace}.".StartsWith($"{Root}.{part}.", StringComparison.Ordinal)));
        string[] ofProblems = [nameof(ITrainingProblem.TrainBatch), nameof(ITrainingProblem.Validate), nameof(ITrainingProblem.TakeSolverIterations)];
        TypeDefinition[] problems =
        [
            .. library.GetTypes().Where(type => type.IsClass && WithBases(type).Any(next => next.Interfaces.Any(implemented => implemented.InterfaceType.FullName == typeof(ITrainingProblem).FullName))),
        ];
        Assert.IsGreaterThan(8, problems.Length);
        MethodDefinition[] roots =
        [
            .. problems.SelectMany(type => type.Methods).Where(method => ofProblems.Contains(method.Name)),
            library.GetType(typeof(TrainingLoop).FullName).Methods.Single(method => method.Name == "RunSteps"),
        ];
        string[] reading = [.. graph.ReachableFrom(roots).Where(method => CallGraph.CallsIn(method).Any(IsRead)).Select(NameOf).Distinct().Order()];
        Assert.IsEmpty(reading.Except(Known.Keys), $"These read from a device within an epoch: {string.Join(", ", reading.Except(Known.Keys))}");
        Assert.IsEmpty(Known.Keys.Except(reading), $"These no longer run within an epoch, or read nothing: {string.Join(", ", Known.Keys.Except(reading))}");
    }

    [TestMethod]
    public void What_an_epoch_came_to_is_read_at_one_place()
    {
        using ModuleDefinition library = ModuleDefinition.ReadModule(typeof(ITrainingProblem).Assembly.Location);
        string[] reading =
        [
            .. library.GetTypes().Where(type => CallGraph.Outermost(type) is { Namespace: $"{Root}.Training", Name: nameof(TrainingLoop) or nameof(EpochLosses) or nameof(AdamW) or nameof(BestParameters) })
                .SelectMany(type => type.Methods).Where(method => method.HasBody && CallGraph.CallsIn(method).Any(IsRead)).Select(NameOf),
        ];
        CollectionAssert.AreEquivalent(new[] { $"{nameof(EpochLosses)}.{nameof(EpochLosses.Read)}", $"{nameof(TrainingLoop)}.OfferStart" }, reading);
    }

    private static bool IsRead(MethodReference called) =>
        (called.DeclaringType.FullName.StartsWith("TorchSharp.", StringComparison.Ordinal) && Reads.Contains(called.Name)) || (called.DeclaringType.Namespace == $"{Root}.Native" && OwnReads.Contains(called.Name));

    private static string NameOf(MethodDefinition method)
    {
        // A lambda or local function is named after the method that it stands in.
        string name = method.Name.StartsWith('<') ? method.Name[1..method.Name.IndexOf('>', StringComparison.Ordinal)]
            : method.DeclaringType.Name.StartsWith('<') && !method.DeclaringType.Name.StartsWith("<>", StringComparison.Ordinal) ? method.DeclaringType.Name[1..method.DeclaringType.Name.IndexOf('>', StringComparison.Ordinal)]
            : method.Name;
        return $"{CallGraph.Outermost(method.DeclaringType).Name}.{name}";
    }

    private static IEnumerable<TypeDefinition> WithBases(TypeDefinition type)
    {
        for (TypeDefinition? next = type; next is not null; next = next.BaseType?.Resolve())
        {
            yield return next;
        }
    }
}
