namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Lengths of the texts of DESC (OpenFlow 1.3.5, 7.3.5.1), the same in 1.0.</summary>
internal static class DescriptionLengths
{
    public const int Text = 256;
    public const int SerialNumber = 32;
}
