using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains what predicts a cone program's parameters.</summary>
internal sealed class ConeDecisionTraining(LearnedConeProgramOptions options, ConeProgramModel model, TrainingRun run)
    : ModelTraining<DecisionSet, LearnedConeProgramModelParameters>(options, run)
{
    private const double DefaultLearningRate = 1e-2;
    private const double DefaultWeightDecay = 0;
    private const int TargetSteps = 500;

    private readonly LearnedParameters _learned = new([.. model.Learned]);

    protected override DecisionSet Read(IDataView data) => DecisionSetReader.Read(
        data,
        new DecisionColumns(
            [.. options.Labels.Select(label => data.Schema[label.Column])],
            data.Schema[options.FeatureColumnName],
            options.ExampleWeightColumnName is { } weight ? data.Schema[weight] : null,
            [.. model.Given.Select(given => data.Schema[given.Column])],
            model.Program.ParameterCount),
        row =>
        {
            (int Start, int Size, NumberReader Read)[] readers = [.. model.Given.Select(given => (given.Part.Start, given.Part.Size, NumberColumns.CreateReader(row, row.Schema[given.Column])))];
            return target =>
            {
                foreach ((int start, int size, NumberReader read) in readers)
                {
                    read(target.Slice(start, size));
                }
            };
        },
        Run.CancellationToken);

    protected override LearnedConeProgramModelParameters Train(DecisionSet training, DecisionSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        DecisionArchitecture architecture = LearnedConeProgramModelParameters.Of((int)training.Features.shape[1], _learned, options.HiddenWidth);
        RequireInitial(Initial is null || Initial.Architecture == architecture, $"it is {Initial?.Architecture}, and options and data make {architecture}.");

        // Weights are drawn from a source of their own, whether rows are held out or not.
        using var weights = new Generator((ulong)Run.Seed, CPU);
        var network = new DecisionNetwork(architecture, weights);
        return HandOver(network, () =>
        {
            if (Initial is null)
            {
                network.Initialize(training, labelsAreCosts: options.Loss != DecisionLoss.Imitation);
            }
            else
            {
                Initial.Network.CopyStateTo(network);
            }

            network.to(Run.Device);
            var problem = new ConeDecisionProblem(network, _learned, model, options, training, validation, Run);
            Optimize(problem, Run.Plan(new TrainingDefaults(TargetSteps, DefaultLearningRate, DefaultWeightDecay), problem.ExampleCount));
            network.FreezeState();
            return new LearnedConeProgramModelParameters(architecture, network, _learned, Run.Device);
        });
    }
}
