namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One training of a model on rows of data views.</summary>
/// <typeparam name="TModel">What is trained.</typeparam>
internal interface IModelTraining<TModel>
{
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows, or <see langword="null"/>.</param>
    /// <param name="initialModel">Model to go on from, or <see langword="null"/> to begin anew.</param>
    TModel Fit(IDataView trainData, IDataView? validationData, TModel? initialModel);
}
