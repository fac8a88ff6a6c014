namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One training of a model on rows of data views.</summary>
/// <typeparam name="TModel">What is trained.</typeparam>
internal interface IModelTraining<out TModel>
{
    TModel Fit(IDataView trainData, IDataView? validationData);
}
