using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains clauses.</summary>
internal sealed class SatisfiabilityTraining(MaximumSatisfiabilityOptions options, TrainingRun run)
    : ModelTraining<BitSet, MaximumSatisfiabilityModelParameters>(options, run)
{
    private const double DefaultLearningRate = 5e-3;
    private const double DefaultWeightDecay = 0;
    private const int TargetSteps = 1500;
    private const int LargestBatch = 64;

    protected override BitSet Read(IDataView data) =>
        BitSetReader.Read(data, new BitColumns(options.BitColumnName, options.KnownColumnName), options.ExampleWeightColumnName, Run.CancellationToken);

    protected override IEnumerable<KeptSetting> KeptSettings(MaximumSatisfiabilityModelParameters initial) =>
    [
        KeptSetting.Of(nameof(options.ClauseCount), options.ClauseCount, initial.Architecture.Clauses),
        KeptSetting.Of(nameof(options.AuxiliaryCount), options.AuxiliaryCount, initial.Architecture.Auxiliaries),
        KeptSetting.Of(nameof(options.MaximumSweeps), options.MaximumSweeps, initial.Architecture.Mixing.MaximumSweeps),
        KeptSetting.Of(nameof(options.Tolerance), options.Tolerance, initial.Architecture.Mixing.Tolerance),
    ];

    protected override MaximumSatisfiabilityModelParameters Train(BitSet training, BitSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        int bits = (int)training.Bits.shape[1];
        SatisfiabilityArchitecture architecture = Initial?.Architecture ?? SatisfiabilityArchitecture.Choose(options, bits);
        RequireInitial(architecture.Bits == bits, $"it completes {architecture.Bits} bits, and column '{options.BitColumnName}' holds {bits}.");
        Run.KeepChoice(nameof(options.ClauseCount), options.ClauseCount, architecture.Clauses);
        Run.KeepChoice(nameof(options.AuxiliaryCount), options.AuxiliaryCount, architecture.Auxiliaries);

        // Clauses are drawn from a source of their own, whether rows are held out or not.
        using var clauses = new Generator((ulong)Run.Seed, CPU);
        MaximumSatisfiability layer = architecture.CreateLayer(clauses);
        return HandOver(layer, () =>
        {
            Initial?.Layer.CopyStateTo(layer);
            layer.to(Run.Device);
            using var problem = new SatisfiabilityProblem(layer, training, validation, options, Run.Seed, Run.Device, Run.CancellationToken);
            Optimize(problem, Run.Plan(new TrainingDefaults(TargetSteps, DefaultLearningRate, DefaultWeightDecay, MaximumBatchSize: LargestBatch), training.Count));
            layer.FreezeState();
            var model = new MaximumSatisfiabilityModelParameters(architecture, layer, Run.Device);
            model.RefinementRounds = options.RefinementRounds ?? RefinementChoice.Find(problem.HeldRows(), model.Complete);
            Run.KeepChoice(nameof(options.RefinementRounds), options.RefinementRounds, model.RefinementRounds);
            return model;
        });
    }
}
