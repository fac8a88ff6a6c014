namespace Microsoft.ML.Implicit.Training;

/// <summary>How the learning rate changes during training.</summary>
public enum LearningRateSchedule
{
    /// <summary>Linear warm-up over the first twentieth of the steps, then half a cosine down to a hundredth of the peak (Loshchilov and Hutter, 2017).</summary>
    Cosine,

    /// <summary>The same rate at every step.</summary>
    Constant,
}
