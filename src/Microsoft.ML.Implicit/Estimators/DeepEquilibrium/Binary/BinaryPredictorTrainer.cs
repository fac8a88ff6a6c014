using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains binary models for ML.NET's trainers that are made of binary ones, which ask for its own sealed transformer.</summary>
internal sealed class BinaryPredictorTrainer(IHostEnvironment environment, DeepEquilibriumBinaryTrainer trainer)
    : ITrainerEstimator<BinaryPredictionTransformer<BinaryPredictor>, BinaryPredictor>
{
    private readonly DeepEquilibriumBinaryTrainer _trainer = trainer.ForPart();

    public TrainerInfo Info => _trainer.Info;

    public BinaryPredictionTransformer<BinaryPredictor> Fit(IDataView input)
    {
        DeepEquilibriumTransformer model = _trainer.Fit(input);
        return new BinaryPredictionTransformer<BinaryPredictor>(environment, new BinaryPredictor(model), input.Schema, model.FeatureColumnName);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _trainer.GetOutputSchema(inputSchema);
}
