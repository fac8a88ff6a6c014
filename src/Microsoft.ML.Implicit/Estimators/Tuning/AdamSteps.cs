namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Steps of Adam (Kingma and Ba 2015) for a few hyperparameters.</summary>
internal sealed class AdamSteps
{
    private const double Rate = 0.3;
    private const double FirstDecay = 0.8;
    private const double SecondDecay = 0.95;

    // A gradient of noise alone is to move nothing.
    private const double SmallestSlope = 1e-6;

    private double[] _firstMoments = [];
    private double[] _secondMoments = [];
    private int _count;

    /// <summary>What to subtract; slopes that are not finite count as zero.</summary>
    public double[] Next(double[] gradient)
    {
        if (_count++ == 0)
        {
            (_firstMoments, _secondMoments) = (new double[gradient.Length], new double[gradient.Length]);
        }

        double[] step = new double[gradient.Length];
        for (int i = 0; i < step.Length; i++)
        {
            double slope = double.IsFinite(gradient[i]) ? gradient[i] : 0;
            _firstMoments[i] = (FirstDecay * _firstMoments[i]) + ((1 - FirstDecay) * slope);
            _secondMoments[i] = (SecondDecay * _secondMoments[i]) + ((1 - SecondDecay) * slope * slope);
            double first = _firstMoments[i] / (1 - Math.Pow(FirstDecay, _count)), second = _secondMoments[i] / (1 - Math.Pow(SecondDecay, _count));
            step[i] = Rate * first / (Math.Sqrt(second) + SmallestSlope);
        }

        return step;
    }
}
