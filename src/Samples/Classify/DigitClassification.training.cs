using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Classify;

internal static partial class DigitClassification
{
    private const int Pixels = 64;

    /// <summary>Loads the digits and sets a fifth of them aside.</summary>
    private static DataOperationsCatalog.TrainTestData LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView data = ml.Data.LoadFromTextFile(
            settings.DataPath("Classify", "digits8x8.csv"),
            [
                new TextLoader.Column(nameof(ModelInput.Features), DataKind.Single, 0, Pixels - 1),
                new TextLoader.Column(nameof(ModelInput.Label), DataKind.String, Pixels),
            ],
            separatorChar: ',',
            hasHeader: true);
        return ml.Data.TrainTestSplit(data, testFraction: 0.2, seed: settings.Seed);
    }

    /// <summary>Trains the pipeline: keys, a classifier of one network, keys back to digits. Without <c>EnsembleSize</c> ten networks would be trained to choose from.</summary>
    private static ITransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress)
    {
        var options = new DeepEquilibriumOptions { EnsembleSize = 1, Training = new TrainingOptions { Device = device, Progress = progress } };
        return ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Label"))
            .Fit(data);
    }
}
