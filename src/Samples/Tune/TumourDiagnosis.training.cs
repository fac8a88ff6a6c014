global using Tuning = Microsoft.ML.Implicit.Estimators.RegularizationTuning<Microsoft.ML.Data.BinaryPredictionTransformer<
    Microsoft.ML.Calibrators.CalibratedModelParametersBase<Microsoft.ML.Trainers.LinearBinaryModelParameters, Microsoft.ML.Calibrators.PlattCalibrator>>>;

using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Tune;

internal static partial class TumourDiagnosis
{
    private const int FeatureCount = 30;
    private const double WrongShare = 0.4;

    /// <summary>Loads the tumours, splits them at random, and turns the labels of some training rows around.</summary>
    private static TumourData LoadData(MLContext ml, SampleSettings settings)
    {
        string path = settings.DataPath("Anomaly", "breast_cancer.csv");
        IDataView data = ml.Data.LoadFromTextFile(
            path,
            [
                new TextLoader.Column(nameof(ModelInput.Features), DataKind.Single, 0, FeatureCount - 1),
                new TextLoader.Column("Diagnosis", DataKind.String, FeatureCount),
            ],
            separatorChar: ',',
            hasHeader: true);
        ModelInput[] tumours =
        [
            .. data.GetColumn<float[]>(nameof(ModelInput.Features))
                .Zip(data.GetColumn<string>("Diagnosis"), (features, diagnosis) => new ModelInput { Features = features, Label = diagnosis == "malignant" }),
        ];
        var random = new Random(settings.Seed);
        random.Shuffle(tumours);
        int trained = tumours.Length * 6 / 10, validated = tumours.Length * 8 / 10;
        bool[] isWrong = [.. Enumerable.Range(0, trained).Select(_ => random.NextDouble() < WrongShare)];

        // The names in the file's header go with the features, and from there to the penalties.
        ReadOnlyMemory<char>[] names = [.. File.ReadLines(path).First().Split(',').Take(FeatureCount).Select(name => name.AsMemory())];
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ModelInput));
        schema[nameof(ModelInput.Features)].AddAnnotation("SlotNames", new VBuffer<ReadOnlyMemory<char>>(FeatureCount, names), new VectorDataViewType(TextDataViewType.Instance, FeatureCount));
        return new TumourData(
            View(tumours[..trained].Zip(isWrong, (tumour, wrong) => tumour with { Label = tumour.Label ^ wrong })),
            View(tumours[trained..validated]),
            View(tumours[validated..]),
            isWrong);

        IDataView View(IEnumerable<ModelInput> rows) => ml.Data.LoadFromEnumerable(rows.ToArray(), schema);
    }

    /// <summary>Tunes a penalty for each feature and, if asked, a weight for each training row, by the right labels of the validation rows.</summary>
    private static Tuning Tune(MLContext ml, TumourData data, bool tuneExampleWeights, IProgress<TuningProgress> progress) => ml.Implicit().TuneRegularization(
        ml.BinaryClassification.Trainers.PenalizedLinear(),
        data.Train,
        data.Validation,
        new RegularizationTuningOptions { TuneExampleWeights = tuneExampleWeights, Progress = progress });
}
