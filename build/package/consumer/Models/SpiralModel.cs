using Microsoft.ML;
using Microsoft.ML.Implicit.Estimators;

namespace Models;

public static class SpiralModel
{
    public static ITransformer Fit(MLContext ml, IDataView data)
    {
        var options = new DeepEquilibriumOptions { EnsembleSize = 1 };
        options.Training.MaximumEpochs = 20;
        return ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data);
    }
}
