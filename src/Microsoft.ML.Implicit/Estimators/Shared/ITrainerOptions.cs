using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of an estimator that trains.</summary>
internal interface ITrainerOptions : IEstimatorOptions
{
    TrainingOptions Training { get; }
}
