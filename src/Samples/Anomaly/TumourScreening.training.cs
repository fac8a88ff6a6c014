using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Anomaly;

internal static partial class TumourScreening
{
    private const int FeatureCount = 30;
    private const double Contamination = 0.05;

    /// <summary>Loads the tumours: most of the benign ones to train on, the others and the malignant ones to test on.</summary>
    private static (IDataView Train, IDataView Test) LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView data = ml.Data.LoadFromTextFile(
            settings.DataPath("Anomaly", "breast_cancer.csv"),
            [
                new TextLoader.Column(nameof(ModelInput.Features), DataKind.Single, 0, FeatureCount - 1),
                new TextLoader.Column("Diagnosis", DataKind.String, FeatureCount),
            ],
            separatorChar: ',',
            hasHeader: true);
        ModelInput[] tumours =
        [
            .. data.GetColumn<float[]>(nameof(ModelInput.Features))
                .Zip(data.GetColumn<string>("Diagnosis"), (features, diagnosis) => new ModelInput { Features = features, Label = diagnosis == "malignant" ? 1 : 0 }),
        ];
        ModelInput[] benign = [.. tumours.Where(tumour => tumour.Label == 0)];
        new Random(settings.Seed).Shuffle(benign);
        int trained = benign.Length * 7 / 10;
        return (
            ml.Data.LoadFromEnumerable(benign[..trained]),
            ml.Data.LoadFromEnumerable(benign[trained..].Concat(tumours.Where(tumour => tumour.Label > 0)).ToArray()));
    }

    /// <summary>Trains with default options; one benign tumour in twenty may be flagged.</summary>
    private static NormalizingFlowTransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
        {
            Contamination = Contamination,
            Training = new TrainingOptions { Device = device, Progress = progress },
        }).Fit(data);
}
