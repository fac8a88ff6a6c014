namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trainer whose penalties <c>TuneRegularization</c> can tune: those of penalised linear models and of networks from a feature vector to a label.</summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
public interface IRegularizedTrainer<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    internal RegularizationTuning<TTransformer> Tune(IDataView train, IDataView validation, RegularizationTuningOptions options);
}
