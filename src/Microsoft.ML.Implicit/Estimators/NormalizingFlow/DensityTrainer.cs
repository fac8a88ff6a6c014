using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns the density of feature vectors with a continuous normalizing flow (Chen et al., "Neural ordinary differential equations", 2018;
/// Grathwohl et al., "FFJORD", 2019).
/// </summary>
/// <typeparam name="TTransformer">What is made of the density.</typeparam>
public abstract class DensityTrainer<TTransformer> : ImplicitTrainer<TTransformer, NormalizingFlowModelParameters>
    where TTransformer : class, ITransformer
{
    // The map that makes numbers uncorrelated takes several square matrices of their count, 800 MB each for so many.
    private const int MaximumLength = 10_000;

    private protected DensityTrainer(IHostEnvironment environment, string name, NormalizingFlowOptions options)
        : base(environment, name, options) => Options = options;

    private protected NormalizingFlowOptions Options { get; }

    /// <summary>The score that models get.</summary>
    private protected abstract AnomalyScoring Scoring { get; }

    private IEnumerable<(string Setting, string Name)> Inputs =>
        Options.ContextColumnName is { } context ? [(nameof(Options.FeatureColumnName), Options.FeatureColumnName), (nameof(Options.ContextColumnName), context)] : [(nameof(Options.FeatureColumnName), Options.FeatureColumnName)];

    private protected override void CheckColumns(SchemaShape schema)
    {
        foreach ((string setting, string name) in Inputs)
        {
            InputColumns.CheckVector(schema, setting, name);
        }

        InputColumns.CheckWeight(schema, Options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        foreach ((string setting, string name) in Inputs)
        {
            int length = schema[name].Type.GetVectorSize();
            if (length > MaximumLength)
            {
                throw new ArgumentException(
                    $"Column '{name}', which {setting} names, has {length:N0} slots; a flow takes at most {MaximumLength:N0}. Reduce them first, for instance with Transforms.ProjectToPrincipalComponents or FeatureSelection.",
                    setting);
            }
        }
    }

    private protected override IModelTraining<NormalizingFlowModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) =>
        new DensityTraining(Host, Options, Scoring, schema[Options.FeatureColumnName], run);
}
