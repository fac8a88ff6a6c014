namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How strongly a network is kept from learning its rows by heart.</summary>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="Dropout">Fraction of the embedded input and of the read-out state that is set to zero in training.</param>
/// <param name="InputDropout">Fraction of the encoded features that is set to zero in training.</param>
internal readonly record struct Regularization(double WeightDecay, double Dropout, double InputDropout);
