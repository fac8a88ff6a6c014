using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <inheritdoc/>
/// <param name="kind">What it is called in tests.</param>
/// <param name="create">Creates the trainer with settings of training, and weights in a column or none.</param>
internal sealed class TrainerCase<TTransformer, TModel>(string kind, Func<MLContext, TrainingOptions, string?, ImplicitTrainer<TTransformer, TModel>> create) : TrainerCase(kind)
    where TTransformer : ImplicitTransformer<TModel>
    where TModel : ImplicitModelParameters
{
    public override Type Trainer => create(new MLContext(), new TrainingOptions(), null).GetType();

    public override Type Transformer => typeof(TTransformer);

    public override ITransformer Fit(MLContext ml, IDataView train, IDataView? validation = null, ITransformer? initial = null, string? weights = null, Action<TrainingOptions>? change = null)
    {
        var training = new TrainingOptions { MaximumEpochs = 1, Seed = 1 };
        change?.Invoke(training);
        ImplicitTrainer<TTransformer, TModel> trainer = create(ml, training, weights);
        return initial is not null ? trainer.Fit(train, ((TTransformer)initial).Model, validation)
            : validation is not null ? trainer.Fit(train, validation)
            : trainer.Fit(train);
    }

    public override ImplicitModelParameters ModelOf(ITransformer transformer) => ((TTransformer)transformer).Model;
}
