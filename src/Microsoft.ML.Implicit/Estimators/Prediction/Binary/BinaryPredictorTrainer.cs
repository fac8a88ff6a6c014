using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains binary models for ML.NET's trainers that are made of binary ones, which ask for its own sealed transformer.</summary>
/// <param name="environment">ML.NET's environment.</param>
/// <param name="trainer">A trainer for a part of a problem with several classes.</param>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
/// <typeparam name="TModel">The trained model.</typeparam>
internal sealed class BinaryPredictorTrainer<TTransformer, TModel>(IHostEnvironment environment, PredictionTrainer<TTransformer, TModel> trainer)
    : ITrainerEstimator<BinaryPredictionTransformer<BinaryPredictor>, BinaryPredictor>
    where TTransformer : PredictionTransformer<TModel>
    where TModel : PredictionModelParameters
{
    public TrainerInfo Info => trainer.Info;

    public BinaryPredictionTransformer<BinaryPredictor> Fit(IDataView input)
    {
        TTransformer model = trainer.Fit(input);
        return new BinaryPredictionTransformer<BinaryPredictor>(environment, new BinaryPredictor(model), input.Schema, model.FeatureColumnName);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => trainer.GetOutputSchema(inputSchema);
}
