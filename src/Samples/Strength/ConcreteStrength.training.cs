using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Strength;

internal static partial class ConcreteStrength
{
    private static readonly string[] Inputs =
    [
        nameof(ModelInput.Cement), nameof(ModelInput.Slag), nameof(ModelInput.FlyAsh), nameof(ModelInput.Water), nameof(ModelInput.Superplasticizer), nameof(ModelInput.CoarseAggregate),
        nameof(ModelInput.FineAggregate), nameof(ModelInput.Age),
    ];

    /// <summary>Loads the mixes and sets a fifth of them aside.</summary>
    private static DataOperationsCatalog.TrainTestData LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView data = ml.Data.LoadFromTextFile<ModelInput>(settings.DataPath("Strength", "concrete.csv"), separatorChar: ',', hasHeader: true);
        return ml.Data.TrainTestSplit(data, testFraction: 0.2, seed: settings.Seed);
    }

    /// <summary>Trains one network. Without <c>EnsembleSize</c> ten networks would be trained to choose from.</summary>
    private static TransformerChain<NeuralOdeTransformer> Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress)
    {
        var options = new NeuralOdeOptions
        {
            LabelColumnName = nameof(ModelInput.Strength),
            EnsembleSize = 1,
            KineticPenalty = 0.01,
            EvaluationColumnName = nameof(ModelOutput.Evaluations),
            Training = new TrainingOptions { Device = device, Progress = progress },
        };
        return ml.Transforms.Concatenate("Features", Inputs).Append(ml.Regression.Trainers.NeuralOde(options)).Fit(data);
    }
}
